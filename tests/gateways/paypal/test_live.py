"""What the notes only assume, asked of PayPal's own sandbox (docs/guides/first-run-paypal.md)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chargedesk.kit import clock
from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind
from gateways.contract import Order
from gateways.errors import DeclinedError, InvalidOrderError, OutcomeUnknownError
from gateways.paypal import ADAPTER
from gateways.snapshots import ChargeSnapshot, ObjectKind, SubscriptionSnapshot
from tests.gateways.live import LiveAccount, live_account

pytestmark = pytest.mark.live

ENVIRONMENT = {"client_id": "CLIENT_ID", "client_secret": "SECRET"}


@pytest.fixture(scope="module")
def account() -> LiveAccount:
    """The REST app of the environment, always at PayPal's sandbox."""
    found = live_account(ADAPTER, "PAYPAL_TEST", ENVIRONMENT)
    values = {**found.credentials.values, "environment": "sandbox"}
    return replace(found, credentials=replace(found.credentials, values=values))


def test_the_app_has_the_rights_it_needs(account: LiveAccount) -> None:
    assert not account.has_the_rights().is_live


def test_every_kind_can_be_listed(account: LiveAccount) -> None:
    account.lists_everything()


def test_four_weeks_of_events_can_be_listed(account: LiveAccount) -> None:
    since = clock.now() - timedelta(days=28)
    assert ADAPTER.events(account.credentials, since=since).events


def test_a_refund_is_replayed_and_its_order_shows_it_at_once(account: LiveAccount) -> None:
    order = _refund(account, minor=100)
    first = account.sent_and_found(order)
    again = account.send(order)
    found = account.look_up(order).outcome
    assert again.is_replay
    assert again.object_id == first.object_id
    assert first.money == order.money
    assert found is not None
    assert found.carries_marker


def test_another_body_under_the_same_key_proves_nothing(account: LiveAccount) -> None:
    order = _refund(account, minor=100)
    account.send(order)
    with pytest.raises(OutcomeUnknownError):
        account.send(replace(order, money=Money.of(101, account.currency)))


def test_an_over_refund_is_refused(account: LiveAccount) -> None:
    capture = account.read(ObjectKind.CHARGE, account.named("CAPTURE"), ChargeSnapshot)
    with pytest.raises((DeclinedError, InvalidOrderError)):
        account.send(_refund(account, minor=capture.amount_minor + 1))


def test_a_capture_of_a_part_leaves_nothing_of_the_hold(account: LiveAccount) -> None:
    held = account.named("HOLD_TO_CAPTURE")
    order = account.order(ActionKind.CAPTURE, held, minor=100, payment_id=held)
    first, again = account.sent_and_found(order), account.send(order)
    assert again.is_replay
    assert again.object_id == first.object_id
    assert first.money == order.money
    taken = account.read(ObjectKind.CHARGE, first.object_id, ChargeSnapshot)
    assert (taken.captured_minor, taken.refunded_minor) == (100, 0)


def test_a_void_gives_the_whole_amount_back(account: LiveAccount) -> None:
    held = account.named("HOLD_TO_VOID")
    amount = account.read(ObjectKind.CHARGE, held, ChargeSnapshot).amount_minor
    order = account.order(ActionKind.VOID, held, minor=amount, payment_id=held)
    assert account.sent_and_found(order).money == order.money


def test_a_subscription_shows_the_reason_of_its_last_change(account: LiveAccount) -> None:
    named = account.named("SUBSCRIPTION")
    for action in (
        ActionKind.PAUSE_SUBSCRIPTION,
        ActionKind.RESUME_SUBSCRIPTION,
        ActionKind.CANCEL_SUBSCRIPTION,
    ):
        how = account.read(ObjectKind.SUBSCRIPTION, named, SubscriptionSnapshot).pause
        order = account.order(action, named, details={"pause": how})
        assert account.sent_and_found(order).carries_marker


def test_an_invoice_is_mailed_and_called_back(account: LiveAccount) -> None:
    draft = account.named("DRAFT_INVOICE")
    for action in (ActionKind.SEND_INVOICE, ActionKind.VOID_INVOICE):
        account.sent_and_found(account.order(action, draft))


def _refund(account: LiveAccount, *, minor: int) -> Order:
    capture = account.named("CAPTURE")
    return account.order(ActionKind.REFUND, capture, minor=minor, payment_id=capture)
