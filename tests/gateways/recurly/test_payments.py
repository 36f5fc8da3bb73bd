"""Transactions as charges and refunds, invoices as roots (reference B8, C1, C2)."""

from decimal import Decimal

import pytest

from gateways.recurly.mapping import snapshot
from gateways.recurly.mapping.payments import charge, payment, refund
from gateways.snapshots import ChargeStatus, ObjectKind, RefundStatus
from tests.gateways.recurly.recorded import recorded, seen


def _gone(amount: str, status: str = "success") -> dict[str, object]:
    return {"amount": Decimal(amount), "currency": "EUR", "status": status}


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("success", ChargeStatus.SUCCEEDED),
        ("pending", ChargeStatus.PENDING),
        ("processing", ChargeStatus.PENDING),
        ("scheduled", ChargeStatus.PENDING),
        ("declined", ChargeStatus.FAILED),
        ("error", ChargeStatus.FAILED),
        ("void", ChargeStatus.CANCELED),
        ("chargeback", ChargeStatus.DISPUTED),
        ("from_the_future", ChargeStatus.UNKNOWN),
    ],
)
def test_every_status(status: str, expected: ChargeStatus) -> None:
    assert charge(recorded("transaction_success", status=status), seen()).status is expected


@pytest.mark.parametrize(
    ("word", "reference", "expected"),
    [
        ("stripe", "ch_1", "stripe:ch_1"),
        ("braintree_blue", "dHJh", "braintree:dHJh"),
        ("paypal_complete", "4AB", "paypal:4AB"),
        ("adyen", "8816", ""),
        ("stripe", None, ""),
        (None, "ch_1", ""),
    ],
)
def test_which_charge_paid_a_transaction(
    word: str | None, reference: str | None, expected: str
) -> None:
    """Reference B8."""
    told = recorded(
        "transaction_success", payment_gateway={"type": word}, gateway_reference=reference
    )
    assert charge(told, seen()).paid_through == expected


def test_an_authorization_takes_nothing_yet() -> None:
    found = charge(recorded("transaction_success", type="authorization"), seen())
    assert found.status is ChargeStatus.AUTHORIZED
    assert found.captured_minor == 0


@pytest.mark.parametrize(
    ("rows", "status", "minor"),
    [
        ([], ChargeStatus.SUCCEEDED, 0),
        ([_gone("25.50")], ChargeStatus.PARTIALLY_REFUNDED, 2550),
        ([_gone("25.50", "pending")], ChargeStatus.PARTIALLY_REFUNDED, 2550),
        ([_gone("25.50", "declined")], ChargeStatus.SUCCEEDED, 0),
        ([_gone("45"), _gone("45.00")], ChargeStatus.REFUNDED, 9000),
        ([_gone("25.50", "from_the_future")], ChargeStatus.PARTIALLY_REFUNDED, 2550),
    ],
)
def test_what_went_back_is_added_up(
    rows: list[dict[str, object]], status: ChargeStatus, minor: int
) -> None:
    """`refunded` alone says nothing; an unknown word may be money on its way (M11)."""
    obj = recorded("transaction_success", refunded=True)
    found = charge(obj, seen(refunds=tuple(rows)))
    assert (found.status, found.refunded_minor, found.captured_minor) == (status, minor, 9000)


def test_the_invoice_is_the_money_root() -> None:
    """M10."""
    obj = recorded("transaction_success")
    found = charge(obj, seen())
    assert found.payment_id == found.invoice_id == obj["invoice"]["id"]
    assert found.customer_id == obj["account"]["id"]
    assert (found.method_kind, found.method_brand, found.method_last4) == ("card", "Visa", "1111")
    assert found.metadata["gateway_reference"] == obj["gateway_reference"]


def test_a_chargeback_is_disputed_whatever_the_origin_field_says() -> None:
    for changed in ({"status": "chargeback"}, {"origin": "chargeback"}):
        found = charge(recorded("transaction_success", **changed), seen())
        assert found.status is ChargeStatus.DISPUTED
        assert found.is_disputed
        assert found.captured_minor == 9000


def test_a_chargeback_may_be_a_row_of_its_own() -> None:
    row = {**_gone("90.00"), "origin": "chargeback"}
    found = charge(recorded("transaction_success", refunded=True), seen(refunds=(row,)))
    assert found.status is ChargeStatus.DISPUTED
    assert found.is_disputed
    assert found.refunded_minor == 9000


def test_a_decline_says_why_and_a_success_does_not() -> None:
    assert charge(recorded("transaction_declined"), seen()).failure_code == "insufficient_funds"
    assert charge(recorded("transaction_success"), seen()).failure_code == ""


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("success", RefundStatus.SUCCEEDED),
        ("pending", RefundStatus.PENDING),
        ("processing", RefundStatus.PENDING),
        ("scheduled", RefundStatus.PENDING),
        ("declined", RefundStatus.FAILED),
        ("error", RefundStatus.FAILED),
        ("void", RefundStatus.CANCELED),
        ("from_the_future", RefundStatus.UNKNOWN),
    ],
)
def test_every_status_of_a_refund(status: str, expected: RefundStatus) -> None:
    assert refund(recorded("refund_success", status=status), seen()).status is expected


def test_a_void_by_a_refund_is_that_refund() -> None:
    """Before settlement Recurly voids instead of refunding; the money is back all the same."""
    obj = recorded("transaction_void")
    back = refund(obj, seen())
    assert (back.external_id, back.charge_id) == (obj["id"], obj["id"])
    assert (back.status, back.amount_minor) == (RefundStatus.SUCCEEDED, 2000)
    taken = charge(obj, seen())
    assert taken.status is ChargeStatus.CANCELED
    assert taken.captured_minor == taken.refunded_minor == 2000


@pytest.mark.parametrize(
    "notes",
    [None, "", "Refund reference: x", "Refund reference: zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz"],
)
def test_notes_of_somebody_else_mark_nothing(notes: str | None) -> None:
    assert refund(recorded("refund_success"), seen(credit={"customer_notes": notes})).marker is None


def test_a_root_counts_what_was_taken() -> None:
    found = payment(recorded("invoice_paid"), seen())
    assert (found.status, found.received_minor) == (ChargeStatus.SUCCEEDED, 9000)
    assert found.latest_charge_id == recorded("transaction_success")["id"]
    late = payment(recorded("invoice_past_due"), seen())
    assert (late.status, late.received_minor) == (ChargeStatus.FAILED, 0)


def test_an_account_keeps_no_way_to_sign_in() -> None:
    found = snapshot(ObjectKind.CUSTOMER, recorded("account"), seen())
    assert "hosted_login_token" not in repr(found)
