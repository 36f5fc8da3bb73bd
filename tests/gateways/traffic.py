"""Everything an adapter calls, so that it can be compared with what its provider documents."""

from dataclasses import replace
from datetime import timedelta
from typing import cast

from chargedesk.kit import clock
from chargedesk.kit.ids import new_id
from gateways.capabilities import ActionKind
from gateways.contract import Order, PreviewsChanges, calls_completer
from gateways.snapshots import ObjectKind
from tests.contracts.harness import GatewayHarness

WITHIN = timedelta(seconds=10)


def use_everything(hands: object) -> None:
    """Test the keys, order and look up what is declared, list, read, and ask for news.

    `hands`: a gateway's harness.
    """
    harness = cast(GatewayHarness, hands)
    adapter, keys = harness.adapter, harness.credentials()
    adapter.check(keys)
    harness.make_charges(3)
    for action in filter(adapter.capabilities.proof, ActionKind):
        _carry_out(harness, harness.make_order(action))
    for kind in adapter.capabilities.reads:
        _list(harness, kind)
    adapter.events(keys, since=clock.now() - timedelta(hours=1))
    if adapter.capabilities.registers_webhooks:
        endpoint = adapter.register_webhook(keys, url="http://127.0.0.1:9/hook/")
        adapter.remove_webhook(keys, external_id=endpoint.external_id)


def _carry_out(harness: GatewayHarness, order: Order) -> None:
    adapter, keys = harness.adapter, harness.credentials()
    adapter.read_before_money(keys, order)
    change = adapter.capabilities.change_subscription
    if order.action is ActionKind.CHANGE_SUBSCRIPTION and change and change.previews:
        cast(PreviewsChanges, adapter).preview(keys, order)
    steps = adapter.freeze(order)
    completer = calls_completer(adapter)
    steps = completer.complete(keys, order, steps) if completer else steps
    for step in steps:
        adapter.send(keys, order, step, deadline=clock.now() + WITHIN)
    proof = adapter.capabilities.proof(order.action)
    if proof and proof.looks_up:
        adapter.look_up(keys, order, steps[-1])
        # Not found: the whole list is read.
        adapter.look_up(keys, replace(order, intent_id=new_id()), steps[-1])


def _list(harness: GatewayHarness, kind: ObjectKind) -> None:
    adapter, keys = harness.adapter, harness.credentials()
    adapter.page(keys, kind, since=clock.now() - timedelta(days=1))
    for each in adapter.page(keys, kind).snapshots[:1]:
        adapter.read(keys, kind, each.external_id)
