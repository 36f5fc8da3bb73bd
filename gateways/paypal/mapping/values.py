"""What every mapping function needs: times, names, our marker, the source of a picture."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from gateways.unknown import note_unknown

Obj = Mapping[str, Any]
Status = TypeVar("Status")
GATEWAY = "paypal"
# With a prefix, because shops put numbers and UUIDs of their own into this field. `custom_id` takes
# letters, digits and `-_.,` only.
MARKER = "chargedesk-"
# What reading an object of another shape raises; a time beyond the calendar is an OSError.
MISSHAPEN = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, OSError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Where a picture comes from: the moment it shows, and PayPal's bytes of this one object."""

    as_of: datetime
    raw: bytes


def time_of(text: str) -> datetime:
    """A time with `Z`, `+00:00` or `+0000`."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("a time without its zone")
    return found.astimezone(UTC)


def when(text: object) -> datetime | None:
    """A time that may be missing."""
    return time_of(text) if isinstance(text, str) and text else None


def created(obj: Obj, seen: Seen) -> datetime:
    """When the object was made."""
    return when(obj.get("create_time")) or seen.as_of


def marker(text: object) -> UUID | None:
    """Our intent's id, if the field carries one."""
    if not isinstance(text, str) or not text.startswith(MARKER):
        return None
    try:
        return UUID(text.removeprefix(MARKER))
    except ValueError:
        return None


def marked(intent_id: UUID) -> str:
    """What marks an object as ours."""
    return f"{MARKER}{intent_id}"


def full_name(name: object) -> str:
    """A person's name in one line."""
    if not isinstance(name, Mapping):
        return ""
    whole = name.get("full_name") or name.get("alternate_full_name")
    return str(whole or f"{name.get('given_name') or ''} {name.get('surname') or ''}".strip())


def up_id(obj: Obj, folder: str) -> str:
    """The id in the `up` link that leads to `folder`, such as `captures`; empty if none does."""
    for link in obj.get("links") or ():
        parts = str(link.get("href") or "").partition("?")[0].rstrip("/").split("/")
        if link.get("rel") == "up" and len(parts) > 1 and parts[-2] == folder:
            return parts[-1]
    return ""


def known(table: Mapping[str, Status], word: Any, *, field: str, fallback: Status) -> Status:
    """Look a word up.

    An unlisted one is counted and becomes the fallback, never a success or a failure.
    """
    found = table.get(word)
    if found is None:
        note_unknown(GATEWAY, field, word)
        return fallback
    return found
