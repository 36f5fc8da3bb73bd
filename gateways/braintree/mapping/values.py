"""What every mapping function needs: times, texts, our marker, the source of a picture."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any, TypeVar
from uuid import UUID

from gateways.unknown import note_unknown

Obj = Mapping[str, Any]
Status = TypeVar("Status")
GATEWAY = "braintree"
# Stands before the intent's id in `order_id`, so that a shop's own numbers are never taken for it.
MARKER = "chargedesk-"
# A refund made elsewhere may inherit the sale's number, so a sale of ours is marked otherwise.
SALE_MARKER = "chargedesk-sale-"
# The id of a subscription of ours has room for little more than the intent's.
SUBSCRIPTION_MARKER = "cd"


_UUID_LENGTHS = {32, 36}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Where a picture comes from, and what only other objects tell about it.

    Attributes:
        as_of: the moment it shows.
        raw: the provider's bytes of this one object.
        is_live: read from the production environment.
        refunds: for a sale, the refunds it names.
        customer_id: for a subscription, whose payment method pays for it.
        plan: for a subscription, its plan; empty if that is gone.
    """

    as_of: datetime
    raw: bytes
    is_live: bool = False
    refunds: tuple[Obj, ...] = ()
    customer_id: str = ""
    plan: Obj = field(default_factory=dict)


def text(value: object) -> str:
    """A word that may be missing."""
    return str(value) if value else ""


def inner(obj: Obj, name: str) -> Obj:
    """An object inside another; empty if it is missing, nil or an empty element."""
    found = obj.get(name)
    return found if isinstance(found, Mapping) else {}


def many(obj: Obj, name: str) -> tuple[Obj, ...]:
    """The objects of an array; none if it is missing."""
    found = obj.get(name)
    items = found if isinstance(found, list) else []
    return tuple(each for each in items if isinstance(each, Mapping))


def ids(obj: Obj, name: str) -> tuple[str, ...]:
    """The ids in an array."""
    found = obj.get(name)
    return tuple(str(each) for each in found) if isinstance(found, list) else ()


def when(value: object) -> datetime | None:
    """A time as aware UTC; the SDK's parser leaves it naive. A date is its first moment."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime.combine(value, time(), UTC)
    return None


def created(obj: Obj, seen: Seen) -> datetime:
    """When the object was made."""
    return when(obj.get("created_at")) or seen.as_of


def marker_of(order_id: object) -> UUID | None:
    """The intent's id of our refund, if `order_id` carries one."""
    return _after(MARKER, order_id)


def subscription_marker_of(own_id: object) -> UUID | None:
    """The intent's id of a subscription that we started, told by its own id."""
    return _after(SUBSCRIPTION_MARKER, own_id)


def sale_marker_of(order_id: object) -> UUID | None:
    """The intent's id of our sale, if `order_id` carries one."""
    return _after(SALE_MARKER, order_id)


def known(table: Mapping[str, Status], word: Any, *, field: str, fallback: Status) -> Status:
    """Look a word up.

    An unlisted one is counted and becomes the fallback, never a success or a failure.
    """
    found = table.get(word)
    if found is None:
        note_unknown(GATEWAY, field, word)
        return fallback
    return found


def _after(mark: str, order_id: object) -> UUID | None:
    if not isinstance(order_id, str) or not order_id.startswith(mark):
        return None
    rest = order_id.removeprefix(mark)
    if len(rest) not in _UUID_LENGTHS:
        return None
    try:
        return UUID(rest)
    except ValueError:
        return None
