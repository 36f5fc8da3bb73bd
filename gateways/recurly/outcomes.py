"""Reads what an object in Recurly's answer proves about an order."""

from dataclasses import replace

from chargedesk.kit.money import Money
from gateways.contract import Order, Outcome
from gateways.recurly.mapping import Obj, Seen, snapshot
from gateways.recurly.mapping.amounts import iso_code, iso_minor
from gateways.recurly.mapping.payments import is_refund
from gateways.recurly.mapping.values import marker
from gateways.recurly.reading import nested
from gateways.snapshots import AnySnapshot, ObjectKind

_REFUND_STATES = {
    "success": "succeeded",
    "void": "succeeded",
    "pending": "pending",
    "processing": "pending",
    "scheduled": "pending",
    "declined": "failed",
    "error": "failed",
}
_ENDED = frozenset({"expired"})
_ENDING = frozenset({"canceled", "expired"})


def refund_in(order: Order, credit: Obj, picture: Seen, *, is_replay: bool) -> Outcome | None:
    """The outcome that a credit invoice shows.

    Its transactions are the refund, or the charge that was voided before it settled. None if it
    shows none of them: credit on the account is no money on the card.
    """
    rows = [each for each in credit.get("transactions") or () if is_refund(each)]
    return outcome_of_refunds(
        order,
        [(each, replace(nested(each, picture.as_of), credit=credit)) for each in rows],
        is_replay=is_replay,
    )


def outcome_of_refunds(
    order: Order, rows: list[tuple[Obj, Seen]], *, is_replay: bool = False
) -> Outcome | None:
    """The outcome of refund transactions that belong to one credit invoice."""
    states = {_state_of(each) for each, _ in rows}
    if not states or "" in states:
        return None
    # Where one part went through and another did not, the sum tells the difference.
    state = next(each for each in ("pending", "succeeded", "failed") if each in states)
    counted = [(each, seen) for each, seen in rows if _state_of(each) in {state, "succeeded"}]
    snapshots: tuple[AnySnapshot, ...] = tuple(
        snapshot(ObjectKind.REFUND, each, seen) for each, seen in rows
    )
    first, seen = counted[0]
    return Outcome(
        state=state,
        object_id=first["id"],
        money=_sum_of([each for each, _ in counted]),
        is_replay=is_replay,
        carries_marker=marker(seen.credit) == order.intent_id,
        snapshots=snapshots,
        detail=str(first.get("status_message") or "") if state == "failed" else "",
    )


def is_canceled(order: Order, subscription: Obj) -> bool:
    """Whether a subscription is in the state that a cancellation wants."""
    return subscription["state"] in (_ENDING if order.at_period_end else _ENDED)


def described(refund: Obj) -> str:
    """A refund in words, for a human."""
    return f"{refund['id']} {refund['status']} {_sum_of([refund])}"


def _state_of(refund: Obj) -> str:
    # A void refund transaction was taken back; a void charge is what the refund made of it.
    if refund["status"] == "void" and refund["type"] == "refund":
        return "failed"
    return _REFUND_STATES.get(refund["status"], "")


def _sum_of(rows: list[Obj]) -> Money:
    code = iso_code(rows[0]["currency"])
    return Money.of(sum(iso_minor(each["amount"], code) for each in rows), code)
