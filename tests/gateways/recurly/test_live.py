"""What the notes only assume, asked of a sandbox site (docs/guides/first-run-recurly.md)."""

import pytest

from gateways.capabilities import ActionKind
from gateways.contract import Order
from gateways.errors import DeclinedError
from gateways.recurly import ADAPTER
from gateways.snapshots import ChargeSnapshot, ObjectKind, SubscriptionSnapshot
from tests.gateways.live import LiveAccount, live_account

pytestmark = pytest.mark.live

ENVIRONMENT = {"api_key": "API_KEY", "region": "REGION"}


@pytest.fixture(scope="module")
def account() -> LiveAccount:
    """The site of the environment; one in production mode is refused before anything is sent."""
    found = live_account(ADAPTER, "RECURLY_TEST", ENVIRONMENT)
    # A key does not show its mode, so the site is asked.
    assert not ADAPTER.check(found.credentials).is_live
    return found


def test_the_key_has_the_rights_it_needs(account: LiveAccount) -> None:
    account.has_the_rights()


def test_every_kind_can_be_listed(account: LiveAccount) -> None:
    account.lists_everything()


def test_a_charge_is_made_once_and_found_by_its_notes(account: LiveAccount) -> None:
    order = account.charging(ActionKind.CHARGE, account.named("ACCOUNT"), minor=1100)
    first, again = account.sent_and_found(order), account.send(order)
    assert again.is_replay
    assert again.object_id == first.object_id
    assert (first.money, first.carries_marker) == (order.money, True)


def test_a_declined_charge_leaves_no_invoice(account: LiveAccount) -> None:
    order = account.charging(ActionKind.CHARGE, account.named("POOR_ACCOUNT"), minor=1200)
    for _ in range(2):  # the refusal is kept under the key
        with pytest.raises(DeclinedError):
            account.send(order)
    finding = account.look_up(order)
    assert (finding.outcome, finding.seen) == (None, "")


def test_a_whole_refund_before_settlement_gives_everything_back(account: LiveAccount) -> None:
    made = account.send(account.charging(ActionKind.CHARGE, account.named("ACCOUNT"), minor=1300))
    order = _refund(account, made.object_id, minor=1300)
    assert account.sent_and_found(order).money == order.money


def test_a_part_of_a_settled_charge_is_given_back_once(account: LiveAccount) -> None:
    order = _refund(account, account.named("SETTLED_CHARGE"), minor=100)
    first, again = account.send(order), account.send(order)
    found = account.look_up_within(order, 60).outcome
    assert again.is_replay
    assert found is not None
    assert first.object_id == again.object_id == found.object_id
    assert found.carries_marker
    assert found.money == order.money


def test_a_subscription_keeps_its_marker_and_takes_every_change(account: LiveAccount) -> None:
    price = account.price_of(account.named("PLAN"))
    create = account.subscribing(account.named("ACCOUNT"), price)
    made = account.sent_and_found(create)
    assert made.carries_marker
    assert account.send(create).is_replay

    details = {**create.details, "item": made.object_id, "quantity": 2, "prorate": "none"}
    change = account.order(ActionKind.CHANGE_SUBSCRIPTION, made.object_id, details=details)
    account.send(change)
    assert account.send(change).is_replay
    assert _subscription(account, made.object_id).items[0].quantity == 2

    for action in (ActionKind.PAUSE_SUBSCRIPTION, ActionKind.RESUME_SUBSCRIPTION):
        how = _subscription(account, made.object_id).pause
        account.sent_and_found(account.order(action, made.object_id, details={"pause": how}))

    for at_period_end in (True, False):
        account.sent_and_found(
            account.order(
                ActionKind.CANCEL_SUBSCRIPTION, made.object_id, at_period_end=at_period_end
            )
        )


def test_a_coupon_is_redeemed_for_one_subscription_and_removed(account: LiveAccount) -> None:
    who = account.named("ACCOUNT")
    price = account.price_of(account.named("PLAN"))
    made = account.send(account.subscribing(who, price)).object_id
    wanted = {
        "coupon": account.named("COUPON"),
        "customer": who,
        "currency": account.currency,
        "keep": [],
    }
    account.send(account.order(ActionKind.APPLY_COUPON, made, details=wanted))
    (discount,) = _subscription(account, made).discounts
    gone = {"discount": discount["external_id"], "keep": []}
    account.sent_and_found(account.order(ActionKind.REMOVE_COUPON, made, details=gone))
    assert _subscription(account, made).discounts == ()
    account.send(account.order(ActionKind.CANCEL_SUBSCRIPTION, made))


def _refund(account: LiveAccount, charge_id: str, *, minor: int) -> Order:
    charge = account.read(ObjectKind.CHARGE, charge_id, ChargeSnapshot)
    return account.order(ActionKind.REFUND, charge_id, minor=minor, payment_id=charge.payment_id)


def _subscription(account: LiveAccount, named: str) -> SubscriptionSnapshot:
    return account.read(ObjectKind.SUBSCRIPTION, named, SubscriptionSnapshot)
