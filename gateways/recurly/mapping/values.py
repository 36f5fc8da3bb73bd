"""What every mapping function needs: references, times, our marker, the source of a picture."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from chargedesk.kit import clock
from gateways.errors import PayloadError
from gateways.unknown import note_unknown

Obj = Mapping[str, Any]
Status = TypeVar("Status")
Params = ParamSpec("Params")
Result = TypeVar("Result")
GATEWAY = "recurly"

# What reading an object of another shape raises.
MISSHAPEN = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, OSError)

_ID = re.compile(r"[0-9a-f-]{36}")
# Customers read these lines on their invoices. Each kind has words of its own, so that the notes of
# one are never taken for those of the other.
_REFUND, _PAYMENT = "Refund reference", "Payment reference"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Where a picture comes from, and what only other objects tell about it.

    Attributes:
        as_of: the moment it shows.
        raw: the provider's bytes of this one object.
        refunds: for a charge, its refund transactions.
        credit: for a refund, the credit invoice it belongs to.
        bill: for a charge, the invoice it paid.
        plan: for a subscription, its plan.
        is_past_due: for a subscription, its open invoice is past due.
    """

    as_of: datetime
    raw: bytes
    refunds: tuple[Obj, ...] = ()
    credit: Obj = field(default_factory=dict)
    bill: Obj = field(default_factory=dict)
    plan: Obj = field(default_factory=dict)
    is_past_due: bool = False


def ref(value: object) -> str:
    """The id in a reference, whether it came as an id, as an object, or not at all."""
    if isinstance(value, Mapping):
        return str(value.get("id") or "")
    return value if isinstance(value, str) else ""


def when(text: str | None) -> datetime | None:
    """A time that may be missing."""
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment


def created(obj: Obj, seen: Seen) -> datetime:
    """When the object was made."""
    return when(obj.get("created_at")) or seen.as_of


def has_passed(moment: datetime | None) -> bool:
    """Whether a time lies behind us; one that is missing does."""
    return moment is None or moment <= clock.now()


def marked_refund(intent_id: UUID) -> str:
    """The line that marks a credit invoice as ours."""
    return f"{_REFUND}: {intent_id}"


def marked_payment(intent_id: UUID) -> str:
    """The line that marks the invoice of a charge as ours."""
    return f"{_PAYMENT}: {intent_id}"


def marker(credit_invoice: Obj) -> UUID | None:
    """The intent's id of our refund, if the credit invoice carries one."""
    return _marker(credit_invoice, _REFUND)


def payment_marker(bill: Obj) -> UUID | None:
    """The intent's id of our charge, if its invoice carries one."""
    return _marker(bill, _PAYMENT)


def intent_of(text: object) -> UUID | None:
    """The intent's id that a field of its own holds."""
    try:
        return UUID(str(text)) if _ID.fullmatch(str(text)) else None
    except ValueError:
        return None


def known(table: Mapping[str, Status], word: Any, *, field: str, fallback: Status) -> Status:
    """Look a word up.

    An unlisted one is counted and becomes the fallback, never a success or a failure.
    """
    found = table.get(word)
    if found is None:
        note_unknown(GATEWAY, field, word)
        return fallback
    return found


def refusing_misshapen(reads: Callable[Params, Result]) -> Callable[Params, Result]:
    """Let `reads` raise PayloadError where an answer of Recurly lacks what it must have."""

    @wraps(reads)
    def refusing(*args: Params.args, **kwargs: Params.kwargs) -> Result:
        try:
            return reads(*args, **kwargs)
        except MISSHAPEN as error:
            raise PayloadError(f"Recurly's answer lacks something: {error!r:.120}.") from error

    return refusing


def _marker(invoice: Obj, word: str) -> UUID | None:
    found = re.search(
        rf"^{word}: ({_ID.pattern})$", str(invoice.get("customer_notes") or ""), re.MULTILINE
    )
    return intent_of(found.group(1)) if found else None
