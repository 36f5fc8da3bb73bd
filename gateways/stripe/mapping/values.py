"""What every mapping function needs: references, times, our marker, the source of a picture."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from chargedesk.kit.clock import from_unix
from gateways.unknown import note_unknown

Obj = Mapping[str, Any]
Status = TypeVar("Status")
MARKER = "chargedesk_intent"
# On objects that an order changed; the one above stays with the order that made them.
CHANGE_MARKER = "chargedesk_change"
GATEWAY = "stripe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Where a picture comes from.

    Attributes:
        as_of: the moment it shows.
        raw: the provider's bytes of this one object.
        is_deleted: the event said that the object is gone.
        open_dispute: for a charge, whether one of its disputes still stands against it; None if
            nobody looked.
        is_released: for a charge, its payment intent was canceled, or its authorization ran out.
    """

    as_of: datetime
    raw: bytes
    is_deleted: bool = False
    open_dispute: bool | None = None
    is_released: bool = False


def ref(value: object) -> str:
    """The id in a reference, whether it came as an id, as a whole object, or not at all."""
    if isinstance(value, Mapping):
        return str(value.get("id") or "")
    return value if isinstance(value, str) else ""


def when(value: int | None) -> datetime | None:
    """A time that may be missing."""
    return from_unix(value) if value else None


def created(obj: Obj, seen: Seen) -> datetime:
    """When the object was made; deleted ones come without it."""
    made = obj.get("created")
    return from_unix(made) if made else seen.as_of


def marker(obj: Obj) -> UUID | None:
    """Our intent's id, if the object carries one that reads as an id."""
    metadata = obj.get("metadata")
    text = metadata.get(MARKER) if metadata else None
    return uuid_or_none(text) if text else None


def uuid_or_none(text: str) -> UUID | None:
    """Read an id that a person may have edited in the dashboard."""
    try:
        return UUID(text)
    except ValueError:
        return None


def decimal_text(value: float | str) -> str:
    """A plain decimal without trailing zeros, such as 12.5."""
    return f"{Decimal(str(value)).normalize():f}"


def known(table: Mapping[str, Status], word: Any, *, field: str, fallback: Status) -> Status:
    """Look a word up.

    An unlisted one is counted and becomes the fallback, never a success or a failure.
    """
    found = table.get(word)
    if found is None:
        note_unknown(GATEWAY, field, word)
        return fallback
    return found
