"""Orders of refunds and how a test sends them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from chargedesk.kit import clock
from chargedesk.kit.ids import new_id
from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind
from gateways.contract import Order, Outcome
from gateways.woocommerce import ADAPTER
from tests.contracts.woocommerce.harness import WooCommerceHarness


def refund_of(charge: Mapping[str, Any], money: Money | None = None) -> Order:
    """A refund of 5.00, or of `money`."""
    return Order(
        action=ActionKind.REFUND,
        intent_id=new_id(),
        target_id=str(charge["id"]),
        money=money or Money.of(500, charge["currency"]),
        reason="goodwill",
    )


def send(shop: WooCommerceHarness, order: Order) -> Outcome:
    """Make the order's one call."""
    (step,) = ADAPTER.freeze(order)
    deadline = clock.now() + timedelta(seconds=10)
    return ADAPTER.send(shop.credentials(), order, step, deadline=deadline)
