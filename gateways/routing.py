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
from gateways import registry
from gateways.capabilities import ActionKind, Capabilities, ChangeSubscriptionCapability, Proof
from gateways.contract import (
    Credentials,
    Finding,
    FrozenStep,
    GatewayAdapter,
    Order,
    Outcome,
)
from gateways.errors import GatewayError, OutcomeUnknownError
from gateways.function_kinds import FUNCTION_KINDS, FunctionKind, id_named, made_state
from gateways.functions import LOOK_UP, Answered, frozen_call, order_out, page_in
from gateways.snapshots import AnySnapshot, ObjectKind

# What is older than the call was made by somebody else; clocks may differ a little.
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
    return tuple(FUNCTION_KINDS)


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

    def read_before_money(self, credentials: Credentials, order: Order) -> tuple[AnySnapshot, ...]:
        """As the gateway does for what it does itself; else the object it is about (M18)."""
        if self._is_own or self._inner.capabilities.proof(order.action):
            return self._inner.read_before_money(credentials, order)
        about = FUNCTION_KINDS[order.action].about
        if not _shows(self._inner.capabilities, about):
            return ()
        return self._inner.read(credentials, about, order.target_id)

    def send(
        self, credentials: Credentials, order: Order, step: FrozenStep, *, deadline: datetime
    ) -> Outcome:
        """Make one call, once; then read at the gateway what a routed one did."""
        if order.function is None or self._is_own:
            return self._inner.send(credentials, order, step, deadline=deadline)
        since = clock.now() - _CLOCKS_DIFFER
        answered = order_out(credentials, step, deadline=deadline)
        try:
            return self._read_outcome(credentials, order, answered, since=since)
        except GatewayError as error:
            raise OutcomeUnknownError(
                f"What your own system did does not show at the gateway: {error.message}"
            ) from error

    def look_up(self, credentials: Credentials, order: Order, step: FrozenStep) -> Finding:
        """Look at the gateway, with the call it would have made itself, or at the object."""
        if order.function is None or self._is_own:
            return self._inner.look_up(credentials, order, step)
        finding = self._looked_up(credentials, order)
        if finding.outcome is not None or FUNCTION_KINDS[order.action].shows is None:
            return finding
        is_shown, snapshots = self._state(credentials, order)
        outcome = _as_ordered(order, snapshots) if is_shown else None
        return Finding(outcome=outcome, seen=finding.seen, snapshots=snapshots)

    def _read_outcome(
        self, credentials: Credentials, order: Order, answered: Answered, *, since: datetime
    ) -> Outcome:
        kind = FUNCTION_KINDS[order.action]
        if kind.gives_url:
            url, until = page_in(answered.body)
            named = str(answered.body.get("id") or "")[:255]
            return Outcome(
                state="succeeded", object_id=named, money=order.money, url=url, expires_at=until
            )
        if kind.makes is not None:
            return self._made(credentials, order, answered, since=since)
        return self._changed(credentials, order)

    def _made(
        self, credentials: Credentials, order: Order, answered: Answered, *, since: datetime
    ) -> Outcome:
        """The object named in the answer if it is the one ordered, or one with our marker."""
        made = FUNCTION_KINDS[order.action].makes or ObjectKind.CHARGE
        named = id_named(answered.body, made)
        if named and _shows(self._inner.capabilities, made):
            return self._named(credentials, order, (made, named), since=since)
        finding = self._looked_up(credentials, order)
        if finding.outcome is not None:
            return finding.outcome
        if _shows(self._inner.capabilities, made):
            raise OutcomeUnknownError(f"The answer names no {made.value}.")
        # The gateway shows nothing of the kind: the word of who did it is all there is.
        return Outcome(state="succeeded", object_id=named or order.target_id, money=order.money)

    def _changed(self, credentials: Credentials, order: Order) -> Outcome:
        finding = self._looked_up(credentials, order)
        if finding.outcome is not None:
            return finding.outcome
        is_shown, snapshots = self._state(credentials, order)
        if is_shown is False:
            raise OutcomeUnknownError("It is not as ordered yet.")
        return _as_ordered(order, snapshots)

    def _named(
        self,
        credentials: Credentials,
        order: Order,
        named: tuple[ObjectKind, str],
        *,
        since: datetime,
    ) -> Outcome:
        """What the tenant's system says it made, if the gateway shows that it is what was ordered.

        Right customer or charge, right amount, newer than the call, and no other order's (M7).
        """
        read = self._inner.read(credentials, *named)
        made = next((each for each in read if each.external_id == named[1]), None)
        state = made_state(order, made) if made is not None else ""
        if made is None or not state or made.created_at < since:
            raise OutcomeUnknownError("What it named is not what was ordered.")
        if made.marker not in {None, order.intent_id}:
            raise OutcomeUnknownError("What it named was made by another order.")
        return Outcome(
            state=state,
            object_id=made.external_id,
            money=order.money,
            carries_marker=True,
            snapshots=tuple(_marked(each, made, order) for each in read),
            detail=str(getattr(made, "failure_message", "")),
        )

    def _looked_up(self, credentials: Credentials, order: Order) -> Finding:
        """The gateway's own look-up of what it does itself."""
        proof = self._inner.capabilities.proof(order.action)
        if proof is None or not proof.looks_up:
            return Finding(outcome=None)
        unrouted = replace(order, function=None)
        return self._inner.look_up(credentials, unrouted, self._inner.freeze(unrouted)[-1])

    def _state(
        self, credentials: Credentials, order: Order
    ) -> tuple[bool | None, tuple[AnySnapshot, ...]]:
        """Whether the object is as ordered, as far as it can be seen; None if it cannot (M6)."""
        kind = FUNCTION_KINDS[order.action]
        if kind.shows is None or not _shows(self._inner.capabilities, kind.about):
            return None, ()
        read = self._inner.read(credentials, kind.about, order.target_id)
        seen = next((each for each in read if each.external_id == order.target_id), None)
        return (kind.shows(order, seen) if seen is not None else False), read


def _as_ordered(order: Order, snapshots: tuple[AnySnapshot, ...]) -> Outcome:
    return Outcome(
        state="succeeded", object_id=order.target_id, money=order.money, snapshots=snapshots
    )


def _marked(each: AnySnapshot, made: AnySnapshot, order: Order) -> AnySnapshot:
    """Ours from here on, though the gateway's record has no marker (M11)."""
    return replace(each, marker=order.intent_id) if each is made else each


def _shows(declared: Capabilities, kind: ObjectKind) -> bool:
    return kind in declared.reads | declared.reads_by_id


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
    return replace(
        declared,
        **{
            action.value: _limits(declared, action, kind)
            for action, kind in FUNCTION_KINDS.items()
            if action.value in urls
        },
    )


def _limits(declared: Capabilities, action: ActionKind, kind: FunctionKind) -> Any:
    own = getattr(declared, action.value)
    sees = kind.shows is not None and _shows(declared, kind.about)
    looks_up = sees or bool(own and own.proof.looks_up)
    limits = replace(own or kind.limits, proof=Proof(key_life=None, looks_up=looks_up))
    if isinstance(limits, ChangeSubscriptionCapability):
        return replace(limits, previews=False)
    return limits
