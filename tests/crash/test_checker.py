"""The checker itself is tested: at every gateway, for every action, it sees a lie and a double."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from chargedesk.actions.acceptance import order_from_json
from chargedesk.actions.models import ActionIntent, IntentState
from chargedesk.kit import clock
from chargedesk.kit.ids import new_id
from chargedesk.tenants.credentials import gateway_credentials
from gateways.capabilities import ActionKind
from tests.conftest import Running
from tests.crash.checker import violations
from tests.crash.town import Firm, open_firm, place
from tests.crash.wishes import GATEWAYS, TAKING, Wish
from tests.services.accounts import Control

pytestmark = [pytest.mark.crash, pytest.mark.usefixtures("committed_db", "no_helping_worker")]

HAPPENED = ("it happened", "is as ordered")
MISSING = ("nothing of ours is at the provider",)
WRONG = ("is not as ordered",)
DOUBLED = ("nobody ordered", "nobody knows")
PATIENCE = timedelta(seconds=20)


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_the_checker_sees_every_lie_and_every_double(sandbox: Running, gateway: str) -> None:
    """Nothing is wrong with what is true; what is not is found, whatever was ordered."""
    firm = open_firm(Control(sandbox.url), gateway, paid=0, others=0, has_webhook=False)
    done = {wish.name: firm.send(_placed(firm, wish)) for wish in firm.wishes}
    assert {each.state for each in done.values()} <= {"succeeded", "pending"}
    assert violations([firm]) == []
    making = [done[wish.name] for wish in firm.wishes if _makes_something(firm, wish)]
    for intent in making:
        _double(firm, intent)
    taking = {name: each for name, each in done.items() if each.action in TAKING}
    for intent in taking.values():
        more = (intent.amount_minor or 0) + 1
        firm.change(intent, amount_minor=more, result_minor=more)
    assert _unseen(taking, violations([firm]), WRONG) == []
    for intent in done.values():
        firm.change(intent, state=IntentState.FAILED, failure_code="not_executed")
    undone = {wish.name: _placed(firm, wish) for wish in firm.wishes}
    for intent in undone.values():
        firm.change(intent, state=IntentState.SUCCEEDED, result_minor=intent.amount_minor)
    found = violations([firm])
    assert _unseen(done, found, HAPPENED) == []
    assert _unseen(undone, found, MISSING) == []
    doubles = [each for each in found if any(words in each for words in DOUBLED)]
    assert len(doubles) >= len(making), doubles


def _double(firm: Firm, intent: ActionIntent) -> None:
    """Do it again with another key and another marker, as if its identity were new (M2)."""
    stranger = replace(order_from_json(intent.order), intent_id=new_id())
    credentials, until = gateway_credentials(firm.connection), clock.now() + PATIENCE
    for step in firm.adapter.freeze(stranger):
        firm.adapter.send(credentials, stranger, step, deadline=until)


def _makes_something(firm: Firm, wish: Wish) -> bool:
    return wish.action is ActionKind.REFUND or wish.action in firm.ways.makes


def _placed(firm: Firm, wish: Wish) -> ActionIntent:
    object_id, _target = firm.object_for(wish)
    return place(firm, wish, object_id)


def _unseen(
    lies: Mapping[str, ActionIntent], found: Sequence[str], sentences: Sequence[str]
) -> list[str]:
    """The lies of which the checker says none of these sentences."""
    return [
        name
        for name, intent in lies.items()
        if not any(
            str(intent.id) in each and any(words in each for words in sentences) for each in found
        )
    ]
