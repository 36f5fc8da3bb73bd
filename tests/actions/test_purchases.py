"""Two records, one purchase: orders on either wait in one queue, whenever it is linked (M10)."""

import threading
import time
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from chargedesk.actions.approvals import approve
from chargedesk.actions.errors import ActionDeniedError
from chargedesk.actions.models import SENT_AND_OPEN, ActionIntent, IntentState
from chargedesk.actions.selectors import has_unknown_orders
from chargedesk.actions.settlement import store
from chargedesk.base import scoping
from chargedesk.ledger.models import Charge, Hold, MoneyRoot
from chargedesk.ledger.purchases import settle_purchases, unsettled_charges
from chargedesk.ledger.rollups import first_difference
from chargedesk.ledger.selectors import ChargeFilter, charges
from chargedesk.sync.services import sweeping
from chargedesk.tenants.credentials import gateway_credentials
from chargedesk.tenants.models import RoleLimit
from chargedesk.tenants.roles import Role
from chargedesk.tenants.services import remove_connection
from gateways import registry
from gateways.snapshots import ChargeSnapshot, ObjectKind
from tests.actions.mall import Mall, open_mall
from tests.actions.shop import Shop
from tests.actions.test_races import at_once
from tests.conftest import Running

pytestmark = pytest.mark.usefixtures("committed_db", "no_helping_worker")


@pytest.fixture
def mall(sandbox: Running) -> Mall:
    """A shop, and the Stripe account behind it."""
    return open_mall(sandbox.url)


def test_an_order_that_waits_follows_the_money_and_is_refused(mall: Mall) -> None:
    """M10, M17: what was ordered at the gateway is not sent once an order of the shop is known."""
    number, charge = _unlinked(mall)
    intent = mall.inner.place(mall.inner.charge(charge), 1000)
    _say(mall, number, charge)
    assert _subject(mall, intent) == number
    assert _held(mall, number) == 1000
    ended = mall.inner.send(intent)
    assert ended.state == IntentState.REJECTED
    assert str(mall.outer.charge(number).id) in ended.failure_message
    assert _held(mall, number) == 0
    assert mall.refunds_made() == {"woocommerce": 0, "stripe": 0}


def test_an_order_that_waits_for_approval_is_not_approved_either(mall: Mall) -> None:
    number, charge = _unlinked(mall)
    agent, owner = mall.inner.person(Role.AGENT), mall.inner.person(Role.OWNER)
    with scoping.tenant(mall.tenant.id):
        RoleLimit.objects.update_or_create(
            tenant=mall.tenant, role=Role.AGENT, currency="EUR", defaults={"action_minor": 1}
        )
    intent = mall.inner.place(mall.inner.charge(charge), 1000, requester=agent)
    assert intent.state == IntentState.AWAITING_APPROVAL
    _say(mall, number, charge)
    with pytest.raises(ActionDeniedError) as refused:
        approve(mall.tenant.id, intent.id, approver=owner)
    assert refused.value.reason == "part_of_purchase"


def test_a_match_nobody_linked_yet_is_found_before_money_moves(mall: Mall) -> None:
    """M10: checked against orders and invoices by transaction id when it is ordered."""
    number, charge = mall.buy()
    mall.read("outer", "inner")
    with scoping.tenant(mall.tenant.id):
        # As if both had arrived at one moment.
        MoneyRoot.objects.update(parent=None)
    with pytest.raises(ActionDeniedError) as refused:
        mall.inner.refund(mall.inner.charge(charge), 1000)
    assert refused.value.reason == "part_of_purchase"
    assert mall.link_of(charge) == number


def test_one_at_its_provider_keeps_the_other_waiting(mall: Mall) -> None:
    """M10: the link is made while a refund is on its way; the order on the outer side waits."""
    number, charge = _unlinked(mall)
    first = mall.inner.place(mall.inner.charge(charge), 1000)
    second = mall.outer.place(mall.outer.charge(number), 1000)
    mall.inner.account.fault("delay_before_effect", path_regex="/refunds$", times=1, delay_s=8)
    is_sent = threading.Event()

    def send_first() -> str:
        is_sent.set()
        return mall.inner.send(first).state

    def link_and_send_second() -> tuple[str, str, str]:
        is_sent.wait(30)
        _until_executing(mall, first)
        _say(mall, number, charge)
        return (
            _subject(mall, first),
            mall.inner.intent(first.id).state,
            mall.outer.send(second).state,
        )

    done, (subject, meanwhile, waiting) = at_once(send_first, link_and_send_second)

    assert (subject, meanwhile, waiting) == (number, "executing", IntentState.READY)
    assert done == IntentState.SUCCEEDED
    # 10.00 of 30.00 went back inside, 10.00 are held: the rest is the same 30.00.
    with scoping.tenant(mall.tenant.id):
        Hold.objects.get(intent_id=second.id)
    assert mall.outer.send(second).state == IntentState.SUCCEEDED
    assert mall.inner.money()[charge]["refunded_minor"] == 2000


def test_two_at_their_providers_are_linked_when_one_is_back(mall: Mall) -> None:
    """M10: at most one order per root; until then both stay where they are."""
    number, charge = _unlinked(mall)
    inside = mall.inner.place(mall.inner.charge(charge), 1000)
    outside = mall.outer.place(mall.outer.charge(number), 1000)
    for intent in (inside, outside):
        mall.inner.change(intent, state=IntentState.UNKNOWN)
    _say(mall, number, charge)
    assert mall.link_of(charge) == ""
    mall.inner.change(inside, state=IntentState.FAILED)
    with scoping.tenant(mall.tenant.id):
        left = unsettled_charges()
    assert settle_purchases(mall.tenant.id, left) == 1
    assert mall.link_of(charge) == number


def test_orders_go_back_to_their_own_when_the_link_ends(mall: Mall) -> None:
    number, charge = _unlinked(mall)
    intent = mall.inner.place(mall.inner.charge(charge), 1000)
    own = mall.inner.intent(intent.id).subject_id
    _say(mall, number, charge)
    _say(mall, number, "ch_another")
    assert mall.inner.intent(intent.id).subject_id == own
    assert _held(mall, number) == 0
    assert mall.inner.send(intent).state == IntentState.SUCCEEDED


def test_ordering_linking_and_news_at_once(mall: Mall) -> None:
    """M10, M17: real connections; nobody waits in a circle, nothing is at both providers."""
    pairs = [_unlinked(mall) for _ in range(4)]
    for number, charge in pairs:
        inside, outside = mall.inner.charge(charge), mall.outer.charge(number)
        results = at_once(
            partial(_order_and_send, mall.inner, inside),
            partial(_order_and_send, mall.outer, outside),
            partial(_say, mall, number, charge),
            partial(settle_purchases, mall.tenant.id, [inside.id]),
            partial(_hear, mall, charge),
            partial(_order_and_send, mall.outer, outside),
        )
        errors = [each for each in results if isinstance(each, Exception)]
        assert all(isinstance(each, ActionDeniedError) for each in errors), errors
        with scoping.tenant(mall.tenant.id):
            left = unsettled_charges()
        settle_purchases(mall.tenant.id, left)
        assert mall.link_of(charge) == number
        with scoping.tenant(mall.tenant.id):
            open_orders = ActionIntent.objects.filter(state__in=SENT_AND_OPEN)
            assert not open_orders.exists()
            subjects = set(
                ActionIntent.objects.filter(
                    state=IntentState.READY, object_id__in=[inside.id, outside.id]
                ).values_list("subject_id", flat=True)
            )
        assert subjects <= {outside.root_id}
    moved = sum(int(str(each["refunded_minor"])) for each in mall.inner.money().values())
    with scoping.tenant(mall.tenant.id):
        done = ActionIntent.objects.filter(state=IntentState.SUCCEEDED)
        assert moved == sum(each.amount_minor or 0 for each in done)


def test_without_the_shop_the_gateway_gives_the_money_back(mall: Mall) -> None:
    _number, charge = mall.buy()
    mall.read("outer", "inner")
    remove_connection(
        mall.tenant.id,
        mall.outer.connection.id,
        actor=mall.outer.system().actor,
        has_unknown_orders=has_unknown_orders,
    )
    # It looks after every tenant, those of other tests included.
    assert sweeping.settle_new_purchases() >= 1
    assert mall.link_of(charge) == ""
    with scoping.tenant(mall.tenant.id):
        shown = charges(ChargeFilter(), limit=9).charges
        assert [each.external_id for each in shown] == [charge]
        assert first_difference() is None
    intent = mall.inner.send(mall.inner.place(mall.inner.charge(charge), 1000))
    assert intent.state == IntentState.SUCCEEDED
    assert mall.refunds_made() == {"woocommerce": 0, "stripe": 1}


def _order_and_send(shop: Shop, charge: Charge) -> ActionIntent:
    return shop.send(shop.place(charge, 500))


def _unlinked(mall: Mall) -> tuple[str, str]:
    """An order and a charge that are one purchase, though the order does not say so yet."""
    number, charge = mall.buy()
    _hear(mall, charge)
    _say(mall, number, "", seconds_ago=60)
    return number, charge


def _say(mall: Mall, number: str, charge: str, *, seconds_ago: int = 0) -> None:
    """The shop tells of an order, and which charge paid it."""
    time.sleep(0 if seconds_ago else 1.1)
    connection = mall.outer.connection
    adapter = registry.adapter(connection.provider)
    found = adapter.read(gateway_credentials(connection), ObjectKind.CHARGE, number)
    past = timedelta(seconds=seconds_ago)
    told = [
        replace(each, paid_through=charge and f"stripe:{charge}", as_of=each.as_of - past)
        if isinstance(each, ChargeSnapshot)
        else each
        for each in found
    ]
    with scoping.tenant(mall.tenant.id):
        store(connection, told)


def _hear(mall: Mall, charge: str) -> None:
    """The gateway tells of its charge."""
    connection = mall.inner.connection
    adapter = registry.adapter(connection.provider)
    found = adapter.read(gateway_credentials(connection), ObjectKind.CHARGE, charge)
    with scoping.tenant(mall.tenant.id):
        store(connection, found)


def _subject(mall: Mall, intent: ActionIntent) -> str:
    subject_id = mall.inner.intent(intent.id).subject_id
    with scoping.tenant(mall.tenant.id):
        return str(MoneyRoot.objects.get(pk=subject_id).external_id)


def _held(mall: Mall, number: str) -> int:
    return int(mall.outer.root(number).held_minor)


def _until_executing(mall: Mall, intent: ActionIntent) -> None:
    until = time.monotonic() + 30
    while mall.inner.intent(intent.id).state != IntentState.EXECUTING:
        assert time.monotonic() < until
        time.sleep(0.05)
