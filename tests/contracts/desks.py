"""What the money rules are played with: a company at every gateway, and all it can order."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest

from chargedesk.actions.acceptance import order_from_json
from chargedesk.actions.models import ActionIntent
from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.ledger.models import Hold
from gateways import registry
from gateways.capabilities import ActionKind, Proof
from gateways.contract import Order
from tests.crash.books import effects_of
from tests.crash.town import Firm, arm, open_firm, place
from tests.crash.wishes import DECLARED, Wish
from tests.services.accounts import Control
from tests.services.tills import HOUSES

MINUTE = timedelta(minutes=1)
# Whole-second clocks: news of the same second is no newer (M18).
A_SECOND = 1.1


@dataclass(frozen=True)
class Desk:
    """A company at a gateway, and what is ordered there."""

    firm: Firm
    wish: Wish

    @property
    def proof(self) -> Proof:
        """What the gateway declares of the action."""
        proof = self.firm.adapter.capabilities.proof(self.wish.action)
        assert proof is not None
        return proof

    def place(self) -> ActionIntent:
        """Order something untouched."""
        if not self.firm.stocks.get(self.wish.stock):
            # Put in stock first: nobody here needs to know what it took.
            self.firm.read(self.firm.make(self.wish.stock))
        object_id, _target = self.firm.object_for(self.wish)
        return place(self.firm, self.wish, object_id)

    def unanswered(self, fault: str) -> ActionIntent:
        """Order, send, and get no answer that says anything."""
        intent = self.place()
        arm(self.firm, intent, fault)
        return self.firm.send(intent)

    def aged(self, intent: ActionIntent, age: timedelta) -> ActionIntent:
        """Find out about an order that was sent `age` ago."""
        self.firm.change(intent, first_try_at=clock.now() - age)
        return self.firm.find_out(intent)

    def without_key(self, intent: ActionIntent) -> ActionIntent:
        """Find out about an order whose key, if there ever was one, is dead."""
        return self.aged(intent, (self.proof.key_life or timedelta()) / 2 + MINUTE)

    def sent(self, intent: ActionIntent) -> list[dict[str, Any]]:
        """Every time this order's call reached the provider.

        A call without a key is the order's if it came after it: the tests order one by one.
        """
        (step,) = intent.steps
        return [
            call
            for call in self.firm.account.calls()
            if call["method"] == step["method"]
            and call["path"].endswith(step["path"])
            and str(call["idempotency_key"] or intent.id).startswith(str(intent.id))
            and datetime.fromisoformat(call["time"]) >= intent.created_at
        ]

    def effects(self, intent: ActionIntent) -> list[str]:
        """What the order did at the provider."""
        return effects_of(self.firm, intent)

    def holds(self, intent: ActionIntent) -> bool:
        """Whether the order still holds money."""
        with scoping.tenant(self.firm.tenant.id):
            return Hold.objects.filter(intent_id=intent.id, released_at=None).exists()


@cache
def firm_at(sandbox_url: str, gateway: str) -> Firm:
    """The one company that these tests have at a gateway."""
    return open_firm(Control(sandbox_url), gateway, paid=1, others=0, has_webhook=False)


def desks(orders: tuple[tuple[str, Wish], ...]) -> pytest.MarkDecorator:
    """Run a test for each of these actions of gateways."""
    names = [f"{gateway}, {wish.name}" for gateway, wish in orders]
    return pytest.mark.parametrize("desk", orders, ids=names, indirect=True)


def _proof(order: tuple[str, Wish]) -> Proof:
    gateway, wish = order
    found = registry.adapter(gateway).capabilities.proof(wish.action)
    assert found is not None
    return found


ORDERS = DECLARED
GATEWAYS = tuple(dict.fromkeys(gateway for gateway, _ in ORDERS))
KEYED = tuple(each for each in ORDERS if _proof(each).key_life is not None)
REFUNDS = tuple(each for each in ORDERS if each[1].action is ActionKind.REFUND)
OTHERS = tuple(each for each in ORDERS if each not in REFUNDS)
# What makes something new, and what asks for an amount of its own.
MAKING = tuple(each for each in ORDERS if each[1].stock == "customers")
TAKING = tuple(each for each in MAKING if "amount" in each[1].more)
# Whose refunds can fail later, and news of it comes.
LAGGING = tuple(each for each in REFUNDS if not HOUSES[each[0]].ends_refunds_at_once)
# What moves money, and is looked up where it may show late.
SHOWN_LATE = tuple(each for each in (*REFUNDS, *TAKING) if each[1].action in HOUSES[each[0]].late)
# What somebody else may have ended meanwhile.
ENDING = tuple(each for each in OTHERS if each[1].stock != "customers")


def order_of(intent: ActionIntent) -> Order:
    """The order as the adapter gets it."""
    return order_from_json(intent.order)
