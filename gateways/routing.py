"""An adapter as one connection has it: with the functions whose address the tenant filled in.

Two cases. A gateway that is the tenant's own system (`needs_functions`) offers an action only where
there is an address for it. Any other gateway carries its actions out itself, except those routed to
an address: then the tenant's system acts, and the outcome is read at the gateway.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

from chargedesk.kit import clock
from chargedesk.kit.money import Money
from gateways import registry
from gateways.capabilities import (
    ActionKind,
    CancelCapability,
    Capabilities,
    CaptureCapability,
    Proof,
    RefundCapability,
    VoidCapability,
)
from gateways.contract import (
    Credentials,
    Finding,
    FrozenStep,
    GatewayAdapter,
    Order,
    Outcome,
)
from gateways.errors import GatewayError, OutcomeUnknownError
from gateways.functions import LOOK_UP, frozen_call, order_out
from gateways.snapshots import ObjectKind, RefundSnapshot, RefundStatus

# Nothing to look with, and nobody vouches for the keys of a system we do not know (M7).
BLIND = Proof(key_life=None, looks_up=False)
_ROUTABLE: Mapping[ActionKind, Any] = {
    ActionKind.REFUND: RefundCapability(proof=BLIND),
    ActionKind.CAPTURE: CaptureCapability(proof=BLIND),
    ActionKind.VOID: VoidCapability(proof=BLIND),
    ActionKind.CANCEL_SUBSCRIPTION: CancelCapability(proof=BLIND),
}
_REFUND_STATES = {RefundStatus.SUCCEEDED: "succeeded", RefundStatus.PENDING: "pending"}
# A refund older than the call is another one; clocks may differ a little.
_CLOCKS_DIFFER = timedelta(minutes=5)


def adapter_for(provider: str, urls: Mapping[str, str]) -> GatewayAdapter:
    """The adapter of a connection with these functions. UnknownGatewayError."""
    adapter = registry.adapter(provider)
    if not urls and not adapter.capabilities.needs_functions:
        return adapter
    # It passes on what it does not do itself, which no type can say.
    return cast(GatewayAdapter, _Routed(adapter, urls))


def routable_actions(provider: str) -> tuple[ActionKind, ...]:
    """The actions that an address may be given for. UnknownGatewayError."""
    declared = registry.adapter(provider).capabilities
    if declared.needs_functions:
        return tuple(each for each in ActionKind if declared.proof(each))
    return tuple(_ROUTABLE)


class _Routed:
    """Offers what the addresses allow, and sends a routed order to its address."""

    def __init__(self, inner: GatewayAdapter, urls: Mapping[str, str]) -> None:
        self._inner = inner
        self._is_own = inner.capabilities.needs_functions
        offered = _only if self._is_own else _routed
        self.capabilities = offered(inner.capabilities, urls)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def freeze(self, order: Order) -> tuple[FrozenStep, ...]:
        """Resolve an order into exact calls; a routed one into its one signed call (M1)."""
        if order.function is None or self._is_own:
            return self._inner.freeze(order)
        return (frozen_call(order, order.function),)

    def send(
        self, credentials: Credentials, order: Order, step: FrozenStep, *, deadline: datetime
    ) -> Outcome:
        """Make one call, once; then read at the gateway what a routed one did."""
        if order.function is None or self._is_own:
            return self._inner.send(credentials, order, step, deadline=deadline)
        since = clock.now() - _CLOCKS_DIFFER
        answered = order_out(credentials, step, deadline=deadline)
        try:
            return self._read_outcome(credentials, order, answered.body, since=since)
        except GatewayError as error:
            raise OutcomeUnknownError("The gateway could not be read afterwards.") from error

    def look_up(self, credentials: Credentials, order: Order, step: FrozenStep) -> Finding:
        """Look at the gateway, with the call it would have made itself."""
        if order.function is None or self._is_own:
            return self._inner.look_up(credentials, order, step)
        return self._seen(credentials, order)

    def _read_outcome(
        self,
        credentials: Credentials,
        order: Order,
        answer: Mapping[str, Any],
        *,
        since: datetime,
    ) -> Outcome:
        named = _refund_named(answer)
        if order.action is ActionKind.REFUND and named:
            return self._named_refund(credentials, order, named, since=since)
        if not (self.capabilities.proof(order.action) or BLIND).looks_up:
            # The gateway shows nothing of the kind: the word of who did it is all there is.
            return Outcome(state="succeeded", object_id=order.target_id, money=order.money)
        finding = self._seen(credentials, order)
        if finding.outcome is None:
            raise OutcomeUnknownError("The gateway does not show it yet.")
        return finding.outcome

    def _seen(self, credentials: Credentials, order: Order) -> Finding:
        unrouted = replace(order, function=None)
        return self._inner.look_up(credentials, unrouted, self._inner.freeze(unrouted)[-1])

    def _named_refund(
        self, credentials: Credentials, order: Order, refund_id: str, *, since: datetime
    ) -> Outcome:
        """The refund that the tenant's system says it made, if the gateway shows that it is it."""
        read = self._inner.read(credentials, ObjectKind.REFUND, refund_id)
        refund = next((each for each in read if isinstance(each, RefundSnapshot)), None)
        if refund is None or refund.created_at < since or not _is_of(order, refund):
            raise OutcomeUnknownError("The refund named is not the one that was ordered.")
        ours = [replace(each, marker=order.intent_id) if each is refund else each for each in read]
        return Outcome(
            state=_REFUND_STATES[refund.status],
            object_id=refund.external_id,
            money=order.money,
            carries_marker=True,
            snapshots=tuple(ours),
        )


def _is_of(order: Order, refund: RefundSnapshot) -> bool:
    is_of_charge = refund.charge_id == order.target_id
    is_of_root = bool(order.payment_id) and refund.payment_id == order.payment_id
    is_free = refund.marker in {None, order.intent_id}
    told = Money.of(refund.amount_minor, refund.currency)
    is_whole = told == order.money and refund.status in _REFUND_STATES
    return (is_of_charge or is_of_root) and is_free and is_whole


def _only(declared: Capabilities, urls: Mapping[str, str]) -> Capabilities:
    """Of the tenant's own system: an action exists only if its address does."""
    looks_up = LOOK_UP in urls
    offered: dict[str, Any] = {
        each.value: replace(
            getattr(declared, each.value), proof=Proof(key_life=None, looks_up=looks_up)
        )
        if each.value in urls
        else None
        for each in ActionKind
        if declared.proof(each)
    }
    return replace(declared, **offered)


def _routed(declared: Capabilities, urls: Mapping[str, str]) -> Capabilities:
    """Of another gateway: a routed action keeps its limits; it is settled by what is there."""
    offered: dict[str, Any] = {}
    for action, default in _ROUTABLE.items():
        if action.value in urls:
            own = getattr(declared, action.value)
            looks_up = bool(own and own.proof.looks_up)
            offered[action.value] = replace(
                own or default, proof=Proof(key_life=None, looks_up=looks_up)
            )
    return replace(declared, **offered)


def _refund_named(answer: Mapping[str, Any]) -> str:
    refund = answer.get("refund")
    named = refund.get("refund_id") if isinstance(refund, Mapping) else None
    return named if isinstance(named, str) else ""
