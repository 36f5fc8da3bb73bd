"""What a shop's words mean (the tables of the reference, part C)."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from chargedesk.kit import clock
from gateways.errors import PayloadError
from gateways.snapshots import (
    ChargeSnapshot,
    ChargeStatus,
    CouponSnapshot,
    CustomerSnapshot,
    ObjectKind,
    RefundSnapshot,
    RefundStatus,
    SubscriptionSnapshot,
    SubscriptionStatus,
)
from gateways.unknown import unknown_statuses
from gateways.woocommerce.mapping import refund_snapshot, snapshot
from gateways.woocommerce.mapping.orders import is_under_way
from tests.gateways.woocommerce.recorded import recorded, seen

INTENT = UUID("0198c0de-0000-7000-8000-000000000001")
PAID = {"date_paid_gmt": "2026-01-02T03:04:05"}
UNPAID = {"date_paid_gmt": None}


def _charge(name: str, **changed: object) -> ChargeSnapshot:
    found = snapshot(ObjectKind.CHARGE, recorded(name, **changed), seen())
    assert isinstance(found, ChargeSnapshot)
    return found


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("order_processing", ChargeStatus.SUCCEEDED),
        ("order_guest", ChargeStatus.SUCCEEDED),
        ("order_pending", ChargeStatus.PENDING),
        ("order_on_hold", ChargeStatus.PENDING),
        ("order_authorized", ChargeStatus.AUTHORIZED),
        ("order_cod", ChargeStatus.PENDING),
        ("order_failed", ChargeStatus.FAILED),
        ("order_cancelled", ChargeStatus.CANCELED),
        ("order_partially_refunded", ChargeStatus.PARTIALLY_REFUNDED),
        ("order_refunded", ChargeStatus.REFUNDED),
    ],
)
def test_statuses_of_orders(name: str, status: ChargeStatus) -> None:
    found = _charge(name)
    assert found.status is status
    is_paid = recorded(name)["date_paid_gmt"] is not None
    assert found.captured_minor == (found.amount_minor if is_paid else 0)


def test_paid_money_is_there_whatever_becomes_of_the_order() -> None:
    for word in ("on-hold", "cancelled", "pending"):
        found = _charge("order_processing", status=word)
        assert (found.status, found.captured_minor) == (
            ChargeStatus.SUCCEEDED,
            found.amount_minor,
        )
    assert _charge("order_processing", status="trash").status is ChargeStatus.CANCELED


def test_a_status_of_another_plug_in_is_unknown_and_counted() -> None:
    for paid in (PAID, UNPAID):
        found = _charge("order_processing", status="wc-shipped", **paid)
        assert found.status is ChargeStatus.UNKNOWN
    assert unknown_statuses()["woocommerce", "order.status", "wc-shipped"] >= 2


def test_a_guest_is_known_by_e_mail_in_small_letters() -> None:
    assert _charge("order_guest").customer_id == "guest:gina.guest@example.net"
    assert _charge("order_processing").customer_id == "1001"
    billing = {"first_name": "No", "last_name": "Mail", "email": ""}
    assert _charge("order_guest", billing=billing).customer_id == ""


def test_the_charge_behind_an_order_can_be_found() -> None:
    """Issue 3, 8: one purchase, two records."""
    told = _charge("order_processing").metadata
    assert told["transaction_id"] == "ch_shop_1"
    assert told["_stripe_intent_id"] == "pi_shop_1"


@pytest.mark.parametrize(
    ("plugin", "number", "meta", "expected"),
    [
        ("stripe", "ch_1", {}, "stripe:ch_1"),
        ("stripe_sepa", "py_1", {}, "stripe:py_1"),
        ("stripe", "", {"_stripe_intent_id": "pi_1"}, "stripe:pi_1"),
        ("stripes_of_paint", "ch_1", {}, ""),
        ("ppcp-credit-card-gateway", "4AB", {}, "paypal:4AB"),
        ("braintree_paypal", "dHJh", {}, "braintree:dHJh"),
        ("woocommerce_payments", "pi_1", {"_intent_id": "pi_1"}, ""),
        ("bacs", "", {}, ""),
        ("stripe", "", {}, ""),
    ],
)
def test_which_charge_paid_an_order(
    plugin: str, number: str, meta: dict[str, str], expected: str
) -> None:
    """Reference A8: by plug-in; nobody can connect the account of WooPayments."""
    found = _charge(
        "order_processing",
        payment_method=plugin,
        transaction_id=number,
        meta_data=[{"id": 1, "key": key, "value": value} for key, value in meta.items()],
    )
    assert found.paid_through == expected


def test_times_are_utc_and_amounts_strings() -> None:
    found = _charge("order_processing", date_created_gmt="2026-01-02T03:04:05")
    assert found.created_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    with pytest.raises(PayloadError):
        _charge("order_processing", total=20.0)
    with pytest.raises(PayloadError):
        _charge("order_processing", id="12")


@pytest.mark.parametrize(
    ("paid", "reason", "status", "marker"),
    [
        (True, f"Goodwill [cd:{INTENT}]", RefundStatus.SUCCEEDED, INTENT),
        (False, f"Goodwill [cd:{INTENT}]", RefundStatus.UNKNOWN, None),
        (None, f"Goodwill [cd:{INTENT}]", RefundStatus.UNKNOWN, None),
        (True, "By phone", RefundStatus.SUCCEEDED, None),
        (False, "By hand", RefundStatus.SUCCEEDED, None),
    ],
)
def test_refunds_and_who_made_them(
    paid: object, reason: str, status: RefundStatus, marker: UUID | None
) -> None:
    row = recorded("refund_by_gateway", refunded_payment=paid, reason=reason)
    found = refund_snapshot(row, seen(), order_id="12", currency="EUR")
    assert isinstance(found, RefundSnapshot)
    assert (found.status, found.marker) == (status, marker)
    assert "[cd:" not in found.reason
    assert (found.amount_minor, found.charge_id) == (3000, "12")


def test_a_refund_that_is_under_way_is_told_by_its_age() -> None:
    """The shop deletes the row of a refusal; what was stored meanwhile would stay for ever."""
    young = clock.now().strftime("%Y-%m-%dT%H:%M:%S")
    old = (clock.now() - timedelta(minutes=3)).strftime("%Y-%m-%dT%H:%M:%S")
    ours = {"reason": f"Goodwill [cd:{INTENT}]", "refunded_payment": False}
    for made, more, expected in (
        (young, ours, True),
        (old, ours, False),
        (young, {**ours, "refunded_payment": True}, False),
        (young, {**ours, "reason": "By hand"}, False),
    ):
        row = recorded("refund_by_gateway", date_created_gmt=made, **more)
        assert is_under_way(row, seen()) is expected


def test_a_refund_without_amount_is_unknown() -> None:
    row = recorded("refund_by_gateway", amount="")
    found = refund_snapshot(row, seen(), order_id="12", currency="EUR")
    assert isinstance(found, RefundSnapshot)
    assert (found.status, found.amount_minor) == (RefundStatus.UNKNOWN, 0)


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("active", SubscriptionStatus.ACTIVE),
        ("trialing", SubscriptionStatus.TRIALING),
        ("on_hold", SubscriptionStatus.PAUSED),
        ("pending_cancel", SubscriptionStatus.ACTIVE),
        ("cancelled", SubscriptionStatus.CANCELED),
        ("expired", SubscriptionStatus.EXPIRED),
        ("pending", SubscriptionStatus.PENDING),
    ],
)
def test_statuses_of_subscriptions(name: str, status: SubscriptionStatus) -> None:
    found = snapshot(ObjectKind.SUBSCRIPTION, recorded(f"subscription_{name}"), seen())
    assert isinstance(found, SubscriptionSnapshot)
    assert found.status is status
    assert found.cancels_at_period_end is (name == "pending_cancel")
    assert (found.cancel_at is not None) is (name == "pending_cancel")
    assert found.items[0].amount_minor == found.amount_minor == 1500


def test_on_hold_after_a_failed_renewal_is_past_due() -> None:
    on_hold = recorded("subscription_on_hold")
    found = snapshot(ObjectKind.SUBSCRIPTION, on_hold, seen(renewal_failed=True))
    assert isinstance(found, SubscriptionSnapshot)
    assert found.status is SubscriptionStatus.PAST_DUE


def test_coupons_by_share_and_by_amount() -> None:
    share = snapshot(ObjectKind.COUPON, recorded("coupon_percent"), seen())
    fixed = snapshot(ObjectKind.COUPON, recorded("coupon_fixed"), seen(shop_currency="EUR"))
    hidden = snapshot(ObjectKind.COUPON, recorded("coupon_fixed"), seen())
    assert isinstance(share, CouponSnapshot)
    assert isinstance(fixed, CouponSnapshot)
    assert isinstance(hidden, CouponSnapshot)
    assert (share.percent_off, share.amount_off_minor) == ("10", None)
    assert (fixed.percent_off, fixed.amount_off_minor, fixed.currency) == ("", 1000, "EUR")
    assert (hidden.amount_off_minor, hidden.currency) == (None, "")
    used_up = recorded("coupon_percent", usage_limit=1, usage_count=1)
    spent = snapshot(ObjectKind.COUPON, used_up, seen())
    assert isinstance(spent, CouponSnapshot)
    assert not spent.is_valid


def test_a_customer() -> None:
    found = snapshot(ObjectKind.CUSTOMER, recorded("customer"), seen())
    assert isinstance(found, CustomerSnapshot)
    assert (found.external_id, found.email) == ("1001", "customer0@example.com")
    assert (found.name, found.country) == ("Test Customer0", "IT")
