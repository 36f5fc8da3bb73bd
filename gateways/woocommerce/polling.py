"""News by asking: what was modified since, list by list, because webhooks get lost for good."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import structlog

from gateways.contract import Credentials, EventPage, GatewayEvent
from gateways.errors import CredentialsError, NotFoundError, PayloadError
from gateways.snapshots import ObjectKind
from gateways.woocommerce.client import PAGE_LIMIT, get
from gateways.woocommerce.documents import Sliced
from gateways.woocommerce.listing import wire_time
from gateways.woocommerce.mapping.values import refusing_misshapen, when
from gateways.woocommerce.reading import PATHS
from gateways.woocommerce.webhooks import event_of_polled

# Customers cannot be asked for by time: webhooks bring them, and the nightly check lists all.
POLLED = (
    ObjectKind.CHARGE,
    ObjectKind.SUBSCRIPTION,
    ObjectKind.PRODUCT,
    ObjectKind.COUPON,
)
_SECOND = timedelta(seconds=1)
_FIRST = 1
_log = structlog.get_logger(__name__)


@refusing_misshapen
def events(credentials: Credentials, *, since: datetime, cursor: str) -> EventPage:
    """One page of what was modified at or after `since`, oldest first, list by list.

    Refunding modifies the order, so that refunds come with it.
    """
    kind, second, number = _position(cursor, since)
    try:
        items = _modified(credentials, kind, second, number)
    except (NotFoundError, CredentialsError) as error:
        # Without the plug-in there is no such list, and a key may hide what money does not need.
        if kind is ObjectKind.CHARGE or (isinstance(error, CredentialsError) and not error.missing):
            raise
        items = []
    return EventPage(
        events=tuple(_events(kind, items)),
        next_cursor=_next(kind, second, number, items, since=since),
    )


def _events(kind: ObjectKind, items: list[Sliced]) -> Iterator[GatewayEvent]:
    for obj, raw in items:
        try:
            yield event_of_polled(kind, obj, raw)
        except PayloadError as error:
            # One odd object stops no walk.
            _log.warning("woocommerce.unreadable", kind=kind, why=error.message)


def _modified(
    credentials: Credentials, kind: ObjectKind, second: datetime, number: int
) -> list[Sliced]:
    return get(
        credentials,
        PATHS[kind],
        # The filter leaves out the moment itself.
        modified_after=wire_time(second - _SECOND),
        dates_are_gmt="true",
        orderby="modified",
        order="asc",
        per_page=str(PAGE_LIMIT),
        page=str(number),
    ).items()


def _next(
    kind: ObjectKind, second: datetime, number: int, items: list[Sliced], *, since: datetime
) -> str:
    if len(items) == PAGE_LIMIT:
        last = when(items[-1][0]["date_modified_gmt"]) or second
        # Objects that change meanwhile move to the end, so that pages would shift. Only within one
        # second that fills a whole page there is no other way.
        moved = last - second >= _SECOND
        return f"{kind}~{wire_time(last if moved else second)}~{_FIRST if moved else number + 1}"
    later = POLLED[POLLED.index(kind) + 1 :]
    return f"{later[0]}~{wire_time(since)}~{_FIRST}" if later else ""


def _position(cursor: str, since: datetime) -> tuple[ObjectKind, datetime, int]:
    if not cursor:
        return POLLED[0], since, _FIRST
    kind, second, number = cursor.split("~")
    return ObjectKind(kind), when(second) or since, int(number)
