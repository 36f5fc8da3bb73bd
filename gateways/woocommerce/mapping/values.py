"""What every mapping function needs: times, our marker, the source of a picture."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from gateways.errors import PayloadError
from gateways.unknown import note_unknown

Obj = Mapping[str, Any]
Status = TypeVar("Status")
Params = ParamSpec("Params")
Result = TypeVar("Result")
GATEWAY = "woocommerce"
MARKER_KEY = "_chargedesk_intent"
# The subscriptions plug-in copies the meta data of a subscription to every renewal order, so an
# order that we ask to be paid is marked under a name of its own.
REQUEST_KEY = "_chargedesk_request"
_MARKER = re.compile(r"\[cd:([0-9a-f-]{36})\]")

# What reading an object of another shape raises; a time beyond the calendar is an OSError.
MISSHAPEN = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, OSError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Where a picture comes from.

    Attributes:
        as_of: the moment it shows.
        raw: the shop's bytes of this one object.
        shop_currency: what coupons are in; they do not say.
        renewal_failed: for a subscription on hold, its newest renewal was not paid.
    """

    as_of: datetime
    raw: bytes
    shop_currency: str = ""
    renewal_failed: bool = False


def refusing_misshapen(reads: Callable[Params, Result]) -> Callable[Params, Result]:
    """Let `reads` raise PayloadError where an answer of a shop lacks what it must have."""

    @wraps(reads)
    def refusing(*args: Params.args, **kwargs: Params.kwargs) -> Result:
        try:
            return reads(*args, **kwargs)
        except MISSHAPEN as error:
            raise PayloadError(f"The shop's answer lacks something: {error!r:.120}.") from error

    return refusing


def ident(obj: Obj) -> str:
    """The object's number as text; ValueError if it has none."""
    number = obj["id"]
    if type(number) is not int or number <= 0:
        raise ValueError("no id")
    return str(number)


def reference(value: object) -> str:
    """The number of another object as text; empty for 0, which means none."""
    return str(value) if type(value) is int and value > 0 else ""


def when(text: object) -> datetime | None:
    """A `*_gmt` time, which has no zone suffix and means UTC; None where it is empty."""
    if not text:
        return None
    moment = datetime.fromisoformat(str(text))
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def created(obj: Obj, seen: Seen) -> datetime:
    """When the object was made."""
    return when(obj.get("date_created_gmt")) or seen.as_of


def marked_reason(intent_id: UUID, words: str) -> str:
    """A refund's reason that carries our marker behind words for the shop's people."""
    return f"{words} [cd:{intent_id}]"


def reason_marker(reason: object) -> UUID | None:
    """Our intent's id in a refund's reason, if it carries one."""
    found = _MARKER.search(str(reason or ""))
    return UUID(found.group(1)) if found else None


def plain_reason(reason: object) -> str:
    """The reason without our marker."""
    return _MARKER.sub("", str(reason or "")).strip()


def meta(obj: Obj, key: str) -> str:
    """The last value that the object's meta data has under `key`; empty if it has none."""
    values = [each.get("value") for each in obj.get("meta_data") or () if each.get("key") == key]
    return str(values[-1]) if values and isinstance(values[-1], str | int) else ""


def meta_marker(obj: Obj, key: str = MARKER_KEY) -> UUID | None:
    """Our intent's id in the object's meta data."""
    try:
        return UUID(meta(obj, key))
    except ValueError:
        return None


def full_name(obj: Obj) -> str:
    """First and last name of a person or an address."""
    return f"{obj.get('first_name') or ''} {obj.get('last_name') or ''}".strip()


def known(table: Mapping[str, Status], word: Any, *, field: str, fallback: Status) -> Status:
    """Look a word up.

    An unlisted one is counted and becomes the fallback, never a success or a failure.
    """
    found = table.get(word)
    if found is None:
        note_unknown(GATEWAY, field, word)
        return fallback
    return found
