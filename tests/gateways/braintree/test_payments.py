"""Sales, refunds and disputes as snapshots (reference 6.1, 6.2, 6.5)."""

from typing import cast
from uuid import uuid4

import pytest
from braintree import Dispute, Transaction
from braintree.util import Constants

from gateways.braintree.mapping import sale_pictures, snapshot
from gateways.braintree.mapping.payments import (
    CHARGE_STATUSES,
    DISPUTE_STATUSES,
    REFUND_STATUSES,
)
from gateways.errors import PayloadError
from gateways.snapshots import (
    ChargeSnapshot,
    ChargeStatus,
    DisputeSnapshot,
    DisputeStatus,
    PaymentSnapshot,
    RefundSnapshot,
    RefundStatus,
)
from tests.gateways.braintree.recorded import recorded, seen

NEW_WORD = "a_word_from_the_future"


def _charge(
    name: str = "sale_settled", *, refunds: object = (), **changed: object
) -> ChargeSnapshot:
    obj = recorded(name, **changed)
    return cast(ChargeSnapshot, snapshot("transaction", obj, seen(refunds=refunds)))


def _refund(name: str = "credit_submitted", **changed: object) -> RefundSnapshot:
    return cast(RefundSnapshot, snapshot("transaction", recorded(name, **changed), seen()))


def _dispute(name: str = "dispute_open", **changed: object) -> DisputeSnapshot:
    return cast(DisputeSnapshot, snapshot("dispute", recorded(name, **changed), seen()))


def test_the_tables_know_every_word_of_the_sdk() -> None:
    words = set(Constants.get_all_constant_values_from_class(Transaction.Status))
    assert words == set(CHARGE_STATUSES)
    assert words - set(REFUND_STATUSES) == {"authorization_expired"}
    disputes = set(Constants.get_all_constant_values_from_class(Dispute.Status))
    assert disputes == set(DISPUTE_STATUSES)


@pytest.mark.parametrize(
    ("name", "status", "captured"),
    [
        ("sale_settled", ChargeStatus.SUCCEEDED, 2000),
        ("sale_submitted", ChargeStatus.SUCCEEDED, 2000),
        ("sale_authorized", ChargeStatus.AUTHORIZED, 0),
        ("sale_declined", ChargeStatus.FAILED, 0),
        ("sale_voided", ChargeStatus.CANCELED, 0),
    ],
)
def test_a_sale_stands_as_its_status_says(name: str, status: ChargeStatus, captured: int) -> None:
    found = _charge(name)
    assert (found.status, found.captured_minor) == (status, captured)
    assert found.payment_id == ""


def test_an_authorization_says_until_when() -> None:
    assert _charge("sale_authorized").capture_before is not None
    assert _charge("sale_settled").capture_before is None


def test_what_was_held_says_what_may_be_captured() -> None:
    """M10: the sale is its own root, and the root tells what is still held."""
    told = {"sale_authorized": (2000, 0), "sale_voided": (0, 0)}
    for name, amounts in told.items():
        charge, held = sale_pictures(recorded(name), seen())
        assert isinstance(held, PaymentSnapshot)
        assert (held.capturable_minor, held.received_minor) == amounts
        assert held.external_id == held.latest_charge_id == charge.external_id
    for name in ("sale_settled", "sale_declined", "credit_settled"):
        assert len(sale_pictures(recorded(name), seen())) == 1


def test_a_declined_sale_says_why() -> None:
    found = _charge("sale_declined")
    assert (found.failure_code, found.failure_message) == ("2000", "Do Not Honor")
    rejected = _charge("sale_declined", status="gateway_rejected", gateway_rejection_reason="fraud")
    assert rejected.failure_code == "fraud"


@pytest.mark.parametrize(
    ("statuses", "refunded", "status"),
    [
        (["settled"], 500, ChargeStatus.PARTIALLY_REFUNDED),
        (["submitted_for_settlement"], 500, ChargeStatus.PARTIALLY_REFUNDED),
        ([NEW_WORD], 500, ChargeStatus.PARTIALLY_REFUNDED),
        (["settled"] * 4, 2000, ChargeStatus.REFUNDED),
        (["voided", "processor_declined", "settlement_declined"], 0, ChargeStatus.SUCCEEDED),
    ],
)
def test_refunds_that_failed_do_not_count(
    statuses: list[str], refunded: int, status: ChargeStatus
) -> None:
    """M11: an unknown one counts, so that nothing goes back twice."""
    refunds = tuple(recorded("credit_submitted", status=each) for each in statuses)
    found = _charge(refunds=refunds)
    assert (found.refunded_minor, found.status) == (refunded, status)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("open", ChargeStatus.DISPUTED),
        ("under_review", ChargeStatus.DISPUTED),
        ("lost", ChargeStatus.DISPUTED),
        (NEW_WORD, ChargeStatus.DISPUTED),
        ("won", ChargeStatus.SUCCEEDED),
    ],
)
def test_only_a_won_dispute_frees_the_sale(word: str, status: ChargeStatus) -> None:
    found = _charge(disputes=[{"id": "d1", "status": word}])
    assert (found.status, found.is_disputed) == (status, True)


@pytest.mark.parametrize(
    ("name", "amount", "currency"), [("sale_jpy", 500, "JPY"), ("sale_kwd", 12340, "KWD")]
)
def test_the_merchant_account_fixes_the_currency(name: str, amount: int, currency: str) -> None:
    found = _charge(name)
    assert (found.amount_minor, found.currency) == (amount, currency)


def test_who_paid_and_how() -> None:
    card = _charge()
    assert (card.method_kind, card.method_brand, card.method_last4) == ("card", "visa", "1111")
    assert (card.customer_name, card.customer_email) == ("Robin Sample", "robin.sample@example.com")
    assert _charge("sale_paypal").method_kind == "paypal"
    guest = _charge(customer={"id": None, "email": " Robin@Example.COM "})
    assert guest.customer_id == "guest:robin@example.com"
    assert _charge("sale_guest").customer_id == ""


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("credit_submitted", RefundStatus.PENDING),
        ("credit_settled", RefundStatus.SUCCEEDED),
        ("credit_failed", RefundStatus.FAILED),
    ],
)
def test_a_credit_is_a_refund(name: str, status: RefundStatus) -> None:
    found = _refund(name)
    assert (found.status, found.amount_minor) == (status, 500)
    assert found.charge_id


def test_only_our_own_order_id_is_a_marker() -> None:
    """M11: a shop's own number, even one that reads as an id, links nothing."""
    intent = uuid4()
    assert _refund(order_id=f"chargedesk-{intent}").marker == intent
    for theirs in (str(intent), "AUR-1", "chargedesk-", "chargedesk-x", None, ""):
        assert _refund(order_id=theirs).marker is None


def test_a_retrieval_is_a_question() -> None:
    assert _dispute().status is DisputeStatus.NEEDS_RESPONSE
    assert _dispute(kind="retrieval").status is DisputeStatus.INQUIRY
    assert _dispute("dispute_won", kind="retrieval").status is DisputeStatus.WON
    assert _dispute().respond_by is not None
    assert _dispute().charge_id


@pytest.mark.parametrize("changed", [{"type": "loan"}, {"amount": "x"}, {"currency_iso_code": ""}])
def test_a_transaction_of_another_shape_is_a_payload_error(changed: dict[str, str]) -> None:
    with pytest.raises(PayloadError):
        snapshot("transaction", recorded("sale_settled", **changed), seen())
