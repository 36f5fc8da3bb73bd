"""What a change of a subscription would cost, by Stripe's own account."""

import time
from typing import Any

from chargedesk.kit.clock import from_unix
from chargedesk.kit.money import Money
from gateways.contract import ChangePreview, Credentials, Order
from gateways.errors import OutcomeUnknownError, UnavailableError
from gateways.stripe.client import READ_SECONDS, Method, call
from gateways.stripe.mapping import Obj
from gateways.stripe.mapping.shape import refusing_misshapen
from gateways.stripe.mapping.values import when
from gateways.stripe.orders.parts import named, whole
from gateways.stripe.orders.subscriptions import PRORATIONS, changed_item, prorated
from gateways.stripe.outcomes import money_of

# A preview is reckoned for a moment in the past; an invoice of that moment is due now.
_SLACK_SECONDS = 60


@refusing_misshapen
def preview(credentials: Credentials, order: Order) -> ChangePreview:
    """Ask for the invoice the change would make; where that is due now, for the one after too."""
    how = prorated(order)
    changed = _invoice(credentials, order, how)
    if not _is_due_now(order, changed):
        nothing = Money(0, money_of(0, changed).currency)
        return _told(changed, due_now=nothing, following=changed)
    following = _invoice(credentials, order, "none") if how == "now" else None
    if following is not None and _is_due_now(order, following):
        following = None
    return _told(changed, due_now=_due(changed), following=following)


def _invoice(credentials: Credentials, order: Order, how: str) -> dict[str, Any]:
    details: dict[str, object] = {
        "items": [changed_item(order)],
        "proration_behavior": PRORATIONS[how],
    }
    if how != "none":
        details["proration_date"] = whole(order, "proration_at", least=1)
    try:
        answer = call(
            credentials,
            Method.POST,
            "/v1/invoices/create_preview",
            params={"subscription": named(order.target_id), "subscription_details": details},
            deadline=time.monotonic() + READ_SECONDS,
        )
    except OutcomeUnknownError as error:
        # It writes nothing, so there is no outcome that anyone must know.
        raise UnavailableError(error.message, request_id=error.request_id) from error
    return answer.object()


def _told(changed: Obj, *, due_now: Money, following: Obj | None) -> ChangePreview:
    lines = tuple(
        (line.get("description") or "", money_of(line["amount"], line))
        for line in changed["lines"]["data"]
        if _is_proration(line)
    )
    # With a new rhythm the change itself begins a period, and the next invoice is like it.
    regular = following or changed
    return ChangePreview(
        lines=lines,
        due_now=due_now,
        next_invoice=_due(regular) if following else _regular(changed),
        next_at=when(regular["period_end"]) if following else _end_of_lines(changed),
    )


def _is_due_now(order: Order, invoice: Obj) -> bool:
    moment = order.details.get("proration_at")
    known = moment if type(moment) is int else invoice["created"]
    return bool(invoice["period_end"] <= known + _SLACK_SECONDS)


def _due(invoice: Obj) -> Money:
    return money_of(invoice["amount_due"], invoice)


def _regular(invoice: Obj) -> Money:
    amounts = [line["amount"] for line in invoice["lines"]["data"] if not _is_proration(line)]
    return money_of(sum(amounts), invoice)


def _end_of_lines(invoice: Obj) -> Any:
    ends = [line["period"]["end"] for line in invoice["lines"]["data"]]
    return from_unix(max(ends)) if ends else None


def _is_proration(line: Obj) -> bool:
    parent = line.get("parent") or {}
    for part in ("subscription_item_details", "invoice_item_details"):
        if (parent.get(part) or {}).get("proration"):
            return True
    return False
