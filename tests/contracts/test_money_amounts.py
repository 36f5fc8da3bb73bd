"""What moved at every gateway: marked as ours, followed to its end, exact in every currency."""

import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from audit.models import AuditEvent
from audit.verbs import Verb
from chargedesk.actions.errors import ActionDeniedError
from chargedesk.actions.models import ActionIntent, IntentState
from chargedesk.actions.settlement import store
from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.kit.money import Money
from chargedesk.ledger.locking import available, locked_root
from chargedesk.ledger.models import Refund
from chargedesk.tenants.credentials import gateway_credentials
from gateways import registry
from gateways.errors import InvalidOrderError
from gateways.function_kinds import FUNCTION_KINDS
from gateways.snapshots import ObjectKind, RefundSnapshot
from tests.contracts.desks import (
    A_SECOND,
    LAGGING,
    REFUNDS,
    SHOWN_LATE,
    TAKING,
    Desk,
    desks,
    order_of,
)
from tests.crash.checker import HAPPENED
from tests.crash.town import CHARGE_MINOR, arm

pytestmark = pytest.mark.usefixtures("committed_db", "no_helping_worker")


@desks(REFUNDS)
def test_the_marker_links_order_and_refund(desk: Desk) -> None:
    """M11: in the answer, and in what anybody reads later."""
    intent = desk.firm.send(desk.place())
    assert intent.state in HAPPENED
    with scoping.tenant(desk.firm.tenant.id):
        stored = Refund.objects.get(intent_id=intent.id)
    assert stored.external_id == intent.result_id
    assert len(desk.effects(intent)) == 1
    markers = [each.marker for each in _refunds_read(desk, intent)]
    assert markers == [intent.id]


@desks(tuple(each for each in SHOWN_LATE if each in REFUNDS))
def test_a_reading_that_lags_frees_no_money(desk: Desk) -> None:
    """M11: what was given back is gone, though it is read again and not shown."""
    intent = desk.place()
    arm(desk.firm, intent, "lookup_lag", delay_s=600)
    sent = desk.firm.send(intent)
    assert sent.state in HAPPENED
    left = _left(desk, intent)
    time.sleep(A_SECOND)
    desk.firm.read(intent.target_id)
    assert desk.firm.account.catch_up() > 0
    assert (desk.firm.intent(intent.id).state, _left(desk, intent)) == (sent.state, left)
    assert left.minor == CHARGE_MINOR - (intent.amount_minor or 0)


@desks(LAGGING)
def test_a_refund_that_fails_later_gives_the_amount_back(desk: Desk) -> None:
    """M11, M16: succeeded becomes reversed, pending becomes failed."""
    intent = desk.firm.send(desk.place())
    is_pending = intent.state == IntentState.PENDING
    assert desk.firm.root(intent.target_id).refunds_minor == intent.amount_minor
    time.sleep(A_SECOND)
    desk.firm.account.act(intent.result_id, "fail_refund")
    _news_of(desk, intent)
    expected = IntentState.FAILED if is_pending else IntentState.REVERSED
    assert desk.firm.intent(intent.id).state == expected
    assert desk.firm.root(intent.target_id).refunds_minor == 0
    assert not desk.holds(intent)


@pytest.mark.parametrize("how", ["settle", "fail_refund"])
@desks(LAGGING)
def test_a_pending_refund_is_followed_to_its_end(desk: Desk, how: str) -> None:
    """M16: pending is an answer and no end."""
    intent = desk.place()
    words = {"paypal": "PENDING", "braintree": "settles"}
    word = words.get(desk.firm.house.name, "pending")
    desk.firm.account.act(intent.target_id, "refund_as", refund_as=word, outcome=word)
    sent = desk.firm.send(intent)
    assert sent.state == IntentState.PENDING
    time.sleep(A_SECOND)
    desk.firm.account.act(sent.result_id, how)
    ended = desk.firm.find_out(intent)
    if how == "settle":
        assert ended.state == IntentState.SUCCEEDED
        assert desk.firm.root(intent.target_id).refunds_minor == intent.amount_minor
    else:
        assert ended.state == IntentState.FAILED
        assert desk.firm.root(intent.target_id).refunds_minor == 0


# Of a page for the customer an own system keeps no record: its word is about what was ordered.
MEASURED = tuple(
    (gateway, wish)
    for gateway, wish in (*REFUNDS, *TAKING)
    if not (
        registry.adapter(gateway).capabilities.needs_functions
        and FUNCTION_KINDS[wish.action].gives_url
    )
)


@desks(MEASURED)
def test_another_amount_is_what_it_was_and_an_incident(desk: Desk) -> None:
    """M12: the provider's amount settles; that it is not what was ordered, people must know."""
    intent = desk.unanswered("answer_lost_before_effect")
    credentials = gateway_credentials(desk.firm.connection)
    adapter, order = desk.firm.adapter, order_of(intent)
    assert order.money is not None
    less = Money.of(order.money.minor - 100, order.money.currency.code)
    other = replace(order, money=less)
    deadline = clock.now() + timedelta(minutes=1)
    adapter.send(credentials, other, adapter.freeze(other)[0], deadline=deadline)
    time.sleep(A_SECOND)
    ended = desk.without_key(intent)
    assert ended.state in HAPPENED
    assert (ended.result_minor, ended.amount_minor) == (less.minor, order.money.minor)
    assert not desk.holds(intent)
    with scoping.tenant(desk.firm.tenant.id):
        raised = AuditEvent.objects.get(verb=Verb.INCIDENT_RAISED, details__intent=str(intent.id))
    assert (raised.details["what"], raised.details["answered"]) == ("amount", str(less))


currencies = pytest.mark.parametrize(
    ("code", "minor", "part"),
    # On the coarsest step that any of the gateways has.
    [
        ("JPY", 12_345, 2_001),
        ("KWD", 12_340, 2_050),
        ("ISK", 12_345, 2_001),
        ("UGX", 12_345, 2_001),
        ("HUF", 1_234_500, 200_100),
        ("TWD", 1_234_500, 200_100),
    ],
)


@currencies
@desks(REFUNDS)
def test_each_currency_moves_exactly(desk: Desk, code: str, minor: int, part: int) -> None:
    """M12, M13: from the provider's figures to ours, and back in a refund."""
    adapter, firm = desk.firm.adapter, desk.firm
    if code in adapter.capabilities.currency.unsupported:
        order = replace(order_of(desk.place()), money=Money.of(part, code))
        with pytest.raises(InvalidOrderError):
            adapter.freeze(order)
        return
    made = firm.make("paid", **_in_their_units(desk, minor, code))
    firm.stocks["paid"].remove(made)
    firm.read(made)
    charge = firm.charge(made)
    assert (charge.captured_minor, charge.currency) == (minor, code)
    intent = firm.send(firm.place(charge, part))
    assert (intent.result_minor, intent.failure_message) == (part, "")
    entry = firm.account.money()[made]
    assert (entry["refunded_minor"], entry["currency"]) == (part, code)
    assert firm.root(made).refunds_minor == part


@currencies
@desks(TAKING)
def test_each_currency_is_asked_for_exactly(desk: Desk, code: str, minor: int, part: int) -> None:
    """M12, M13: from our figures to the provider's; what it cannot move is refused before."""
    firm, wish = desk.firm, desk.wish
    object_id, _target = firm.object_for(wish)
    wanted = {**wish.more, "amount": Money.of(minor + part, code)}
    if code in firm.adapter.capabilities.currency.unsupported:
        with pytest.raises(ActionDeniedError):
            firm.order(wish.action, object_id, **wanted)
        return
    before = firm.account.money()
    intent = firm.send(firm.order(wish.action, object_id, **wanted))
    assert (intent.state in HAPPENED, intent.failure_message) == (True, "")
    assert (intent.result_minor, intent.currency) == (minor + part, code)
    made = [entry for name, entry in firm.account.money().items() if name not in before]
    taken = [(each["captured_minor"], each["currency"]) for each in made if each["captured_minor"]]
    assert taken == ([(minor + part, code)] if wish.takes_money else [])


def _left(desk: Desk, intent: ActionIntent) -> Money:
    with scoping.tenant(desk.firm.tenant.id):
        return available(locked_root(desk.firm.charge(intent.target_id).root_id))


def _in_their_units(desk: Desk, minor: int, code: str) -> dict[str, Any]:
    """The control API of Stripe's simulator writes and counts as Stripe does."""
    if desk.firm.house.name != "stripe":
        return {"amount": minor, "currency": code}
    return {"amount": minor * (100 if code in {"ISK", "UGX"} else 1), "currency": code.lower()}


def _refunds_read(desk: Desk, intent: ActionIntent) -> list[RefundSnapshot]:
    adapter = desk.firm.adapter
    credentials = gateway_credentials(desk.firm.connection)
    found = adapter.read(credentials, ObjectKind.CHARGE, intent.target_id)
    return [each for each in found if isinstance(each, RefundSnapshot)]


def _news_of(desk: Desk, intent: ActionIntent) -> None:
    """Read the refund again, as sync does when it hears of it."""
    adapter = desk.firm.adapter
    credentials = gateway_credentials(desk.firm.connection)
    tells = ObjectKind.REFUND in adapter.capabilities.reads
    kind, name = (
        (ObjectKind.REFUND, intent.result_id) if tells else (ObjectKind.CHARGE, intent.target_id)
    )
    found = adapter.read(credentials, kind, name)
    with scoping.tenant(desk.firm.tenant.id):
        store(desk.firm.connection, found)
