"""Lists: one page of a kind, and one page of Stripe's own events."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from gateways.contract import Credentials, EventPage, GatewayEvent, Page
from gateways.errors import NotFoundError, PayloadError, UnsupportedError
from gateways.snapshots import AnySnapshot, ObjectKind
from gateways.stripe.client import PAGE_LIMIT, Answer, get
from gateways.stripe.mapping import Obj, Seen, snapshot
from gateways.stripe.mapping.payments import looks_authorized
from gateways.stripe.mapping.shape import refusing_misshapen
from gateways.stripe.mapping.values import ref
from gateways.stripe.reading import PATHS, disputes_of, is_canceled, path_of, stands
from gateways.stripe.slices import Sliced
from gateways.stripe.webhooks import event_of

LISTED = frozenset(PATHS) - {ObjectKind.PAYMENT_METHOD}
_log = structlog.get_logger(__name__)

_PARAMS: dict[ObjectKind, dict[str, Any]] = {
    # The fee stands on the balance transaction only; expanding it saves a call per charge.
    ObjectKind.CHARGE: {"expand": ["data.balance_transaction"]},
    # Without a status Stripe leaves out the canceled ones; the coupon stands on the discount only.
    ObjectKind.SUBSCRIPTION: {"status": "all", "expand": ["data.discounts"]},
}


def page(
    credentials: Credentials, kind: ObjectKind, *, cursor: str, since: datetime | None
) -> Page:
    """One page, newest first.

    UnsupportedError for payment methods, which come with their customer.
    """
    if kind not in LISTED:
        raise UnsupportedError(f"Stripe has no list of {kind}.")
    answer = _listed(
        credentials, PATHS[kind], params=_PARAMS.get(kind, {}), cursor=cursor, since=since
    )
    has_more, items = answer.items()
    snapshots, unreadable = _snapshots(credentials, items, answer.as_of)
    return Page(
        snapshots=tuple(snapshots),
        next_cursor=_cursor_after(items) if has_more else "",
        unreadable=tuple(unreadable),
    )


def events(credentials: Credentials, *, since: datetime, cursor: str) -> EventPage:
    """One page of events, newest first; Stripe keeps them for 30 days."""
    answer = _listed(credentials, "/v1/events", params={}, cursor=cursor, since=since)
    has_more, items = answer.items()
    return EventPage(
        events=tuple(_events(items)), next_cursor=_cursor_after(items) if has_more else ""
    )


def _listed(
    credentials: Credentials,
    path: str,
    *,
    params: dict[str, Any],
    cursor: str,
    since: datetime | None,
) -> Answer:
    bounds = {"gte": int(since.timestamp())} if since else {}
    last_id, _, last_created = cursor.partition("@")
    query = {"limit": PAGE_LIMIT, **params} | ({"created": bounds} if bounds else {})
    try:
        return get(credentials, path, **query, **({"starting_after": last_id} if cursor else {}))
    except NotFoundError:
        if not last_created:
            raise
    # The object the cursor names was deleted meanwhile: go on by time, repeating those of the same
    # second.
    query["created"] = bounds | {"lte": int(last_created)}
    return get(credentials, path, **query)


def _cursor_after(items: list[Sliced]) -> str:
    return f"{items[-1][0]['id']}@{items[-1][0].get('created') or ''}" if items else ""


def _snapshots(
    credentials: Credentials, items: Iterable[Sliced], as_of: datetime
) -> tuple[list[AnySnapshot], list[str]]:
    snapshots: list[AnySnapshot] = []
    unreadable: list[str] = []
    for obj, raw in items:
        try:
            seen = _looked_into(credentials, obj, Seen(as_of=as_of, raw=raw))
            snapshots.append(snapshot(obj, seen))
        except PayloadError as error:
            unreadable.append(str(obj.get("id", "")))
            _log.warning("gateway.unreadable_object", gateway="stripe", reason=error.message)
    return snapshots, unreadable


@refusing_misshapen
def _looked_into(credentials: Credentials, obj: Obj, seen: Seen) -> Seen:
    """What only other objects tell about a charge; both cases are rare, so a call each."""
    if obj.get("object") != "charge":
        return seen
    if obj.get("disputed"):
        # This stays true for ever; only the disputes tell whether it still matters.
        seen = replace(seen, open_dispute=stands(disputes_of(credentials, obj["id"])))
    root = ref(obj.get("payment_intent"))
    if root and looks_authorized(obj, seen):
        intent = get(credentials, path_of(ObjectKind.PAYMENT, root)).object()
        seen = replace(seen, is_released=is_canceled(intent))
    return seen


def _events(items: Iterable[Sliced]) -> Iterable[GatewayEvent]:
    for _, raw in items:
        try:
            yield replace(event_of(raw), raw=raw)
        except PayloadError as error:
            _log.warning("gateway.unreadable_event", gateway="stripe", reason=error.message)
