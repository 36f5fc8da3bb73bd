"""Payment intents, charges, refunds and disputes, by the tables of the reference page."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from chargedesk.kit import clock
from gateways.errors import PayloadError
from gateways.snapshots import ChargeStatus, DisputeStatus, RefundStatus
from gateways.stripe.mapping import snapshot
from gateways.stripe.mapping.payments import charge, dispute, payment, refund
from tests.gateways.stripe.recorded import recorded, seen

TAKEN: dict[str, object] = {"status": "succeeded", "captured": True, "refunded": False}


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({**TAKEN, "amount_refunded": 0}, ChargeStatus.SUCCEEDED),
        ({**TAKEN, "amount_refunded": 1}, ChargeStatus.PARTIALLY_REFUNDED),
        ({**TAKEN, "refunded": True}, ChargeStatus.REFUNDED),
        ({**TAKEN, "captured": False}, ChargeStatus.AUTHORIZED),
        ({**TAKEN, "captured": False, "refunded": True}, ChargeStatus.CANCELED),
        ({"status": "pending"}, ChargeStatus.PENDING),
        ({"status": "failed"}, ChargeStatus.FAILED),
        ({"status": "frozen"}, ChargeStatus.UNKNOWN),
    ],
)
def test_charge_status(changed: dict[str, object], status: ChargeStatus) -> None:
    """As it was when it was recorded: a week later the authorization in it has run out."""
    obj = recorded("charge_succeeded", **changed)
    then = datetime.fromtimestamp(obj["created"], UTC)
    assert charge(obj, replace(seen(), as_of=then)).status is status


def test_a_released_authorization_is_canceled_though_its_charge_shows_nothing() -> None:
    """Since basil neither a cancellation nor an expiry marks the charge as refunded."""
    held = recorded("charge_authorized", refunded=False, amount_refunded=0)
    card = held["payment_method_details"]["card"]
    card["capture_before"] = int(clock.now().timestamp()) + 3600
    assert charge(held, seen()).status is ChargeStatus.AUTHORIZED
    assert charge(held, replace(seen(), is_released=True)).status is ChargeStatus.CANCELED
    card["capture_before"] = int(clock.now().timestamp()) - 1
    assert charge(held, seen()).status is ChargeStatus.CANCELED


@pytest.mark.parametrize(
    ("open_dispute", "status"),
    [
        (True, ChargeStatus.DISPUTED),
        (None, ChargeStatus.DISPUTED),
        (False, ChargeStatus.SUCCEEDED),
    ],
)
def test_disputed_charge_is_free_again_only_when_its_disputes_say_so(
    open_dispute: bool | None,  # noqa: FBT001  a value of the table
    status: ChargeStatus,
) -> None:
    found = charge(recorded("charge_succeeded", disputed=True), seen(open_dispute=open_dispute))
    assert found.status is status
    assert found.is_disputed


def test_charge_says_who_how_and_what_it_cost() -> None:
    found = charge(recorded("charge_succeeded"), seen())
    assert found.payment_id.startswith("pi_")
    assert found.customer_id.startswith("cus_")
    assert found.method_kind == "card"
    assert found.method_last4
    assert found.fee_minor is not None
    assert found.net_minor == found.captured_minor - found.fee_minor


def test_fee_is_unknown_until_the_balance_transaction_is_expanded() -> None:
    found = charge(recorded("charge_succeeded", balance_transaction="txn_1"), seen())
    assert (found.fee_minor, found.net_minor, found.settled_currency) == (None, None, "")


def test_guest_is_known_by_the_address_on_the_charge() -> None:
    obj = recorded("charge_succeeded", customer=None)
    obj["billing_details"]["email"] = " Someone@Example.com"
    assert charge(obj, seen()).customer_id == "guest:someone@example.com"


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"status": "requires_payment_method", "last_payment_error": None}, ChargeStatus.PENDING),
        (
            {"status": "requires_payment_method", "last_payment_error": {"type": "card_error"}},
            ChargeStatus.FAILED,
        ),
        ({"status": "requires_confirmation"}, ChargeStatus.PENDING),
        ({"status": "requires_action"}, ChargeStatus.PENDING),
        ({"status": "processing"}, ChargeStatus.PENDING),
        ({"status": "requires_capture"}, ChargeStatus.AUTHORIZED),
        ({"status": "succeeded"}, ChargeStatus.SUCCEEDED),
        ({"status": "canceled"}, ChargeStatus.CANCELED),
        ({"status": "requires_patience"}, ChargeStatus.UNKNOWN),
    ],
)
def test_payment_status(changed: dict[str, object], status: ChargeStatus) -> None:
    found = payment(recorded("payment_intent_succeeded", **changed), seen())
    assert found.status is status


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("pending", RefundStatus.PENDING),
        ("requires_action", RefundStatus.PENDING),
        ("succeeded", RefundStatus.SUCCEEDED),
        ("failed", RefundStatus.FAILED),
        ("canceled", RefundStatus.CANCELED),
        ("", RefundStatus.UNKNOWN),
    ],
)
def test_refund_status(word: str, status: RefundStatus) -> None:
    assert refund(recorded("refund_succeeded", status=word), seen()).status is status


def test_marker_that_a_person_edited_is_no_marker() -> None:
    ours = "01a20416-4b23-7e71-af04-b2fdb1417b9d"
    marked = recorded("refund_succeeded", metadata={"chargedesk_intent": ours})
    edited = recorded("refund_succeeded", metadata={"chargedesk_intent": "see ticket 4"})
    assert refund(marked, seen()).marker == UUID(ours)
    assert refund(edited, seen()).marker is None


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("warning_needs_response", DisputeStatus.INQUIRY),
        ("warning_under_review", DisputeStatus.INQUIRY),
        ("needs_response", DisputeStatus.NEEDS_RESPONSE),
        ("appeal_needs_response", DisputeStatus.NEEDS_RESPONSE),
        ("under_review", DisputeStatus.UNDER_REVIEW),
        ("appeal_under_review", DisputeStatus.UNDER_REVIEW),
        ("won", DisputeStatus.WON),
        ("lost", DisputeStatus.LOST),
        ("warning_closed", DisputeStatus.CLOSED),
        ("prevented", DisputeStatus.CLOSED),
        ("arbitration", DisputeStatus.UNKNOWN),
    ],
)
def test_dispute_status(word: str, status: DisputeStatus) -> None:
    assert dispute(recorded("dispute_needs_response", status=word), seen()).status is status


@pytest.mark.parametrize("missing", ["id", "currency", "amount", "status"])
def test_object_without_what_it_must_have_is_unreadable(missing: str) -> None:
    obj = recorded("charge_succeeded")
    del obj[missing]
    with pytest.raises(PayloadError):
        snapshot(obj, seen())
