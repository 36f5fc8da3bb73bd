"""Records as a tenant tells them: v1's names, some fields at a time; and how to read one field."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from chargedesk.kit.clock import from_unix
from chargedesk.kit.money import AmountError, CurrencyError, Money
from gateways.errors import PayloadError

Record = Mapping[str, Any]
_SWITCHES = {"1": True, "0": False, "true": True, "false": False}
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)
# Of a sum and its parts: the parts that were not told one by one.
BESIDES = "refunded_besides"
STATUS = "status"
# Stands for the status in a look-up's answer that tells none: a record told without one is of
# something that is so, but an answer without one says nothing about what became of an order.
UNTOLD = "untold"
# How our row for them is called, after the charge.
OTHERS = "other-refunds"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One record after something was told of it, and what was stored before."""

    record: Record
    before: Record
    as_of: datetime
    raw: bytes


def merged(before: Record, told: Record) -> dict[str, Any]:
    """The record with what was told: metadata name by name, refunds one by one, the rest whole."""
    record = {**before, **{name: value for name, value in told.items() if value is not None}}
    if "metadata" in before or "metadata" in told:
        record["metadata"] = {**_pairs(before), **_pairs(told)}
    refunds = with_refunds(listed(before), listed(told))
    if refunds:
        record["refunds"] = refunds
    besides = record.pop(BESIDES, None)
    if besides is not None:
        _raise_total(record, str(besides))
    return record


def with_refunds(known: list[Record], told: list[Record]) -> list[Record]:
    """Refunds are the same by their key, or else their id; the first name a refund has stays."""
    found = [dict(each) for each in known]
    for each in told:
        same = next((old for old in found if _is_same(old, each)), None)
        if same is None:
            found.append(
                {**each, "refund_id": each.get("refund_id") or each.get("idempotency_key")}
            )
        else:
            same.update({**each, "refund_id": same["refund_id"]})
    return list(found)


def listed(record: Record) -> list[Record]:
    """The refunds that were told one by one."""
    refunds = record.get("refunds") or []
    if not isinstance(refunds, list) or not all(isinstance(each, Mapping) for each in refunds):
        raise PayloadError("refunds is a list of objects.", parameter="refunds")
    return list(refunds)


def text(record: Record, name: str, *, most: int = 255) -> str:
    """A text, empty if it was not told."""
    value = record.get(name)
    return "" if value is None else str(value)[:most]


def money(record: Record, name: str, code: str) -> Money:
    """An amount: `"34.00"`, or a whole number. PayloadError."""
    value = record[name]
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise PayloadError(f"{name} is an amount as text, such as “10.50”.", parameter=name)
    try:
        return Money.parse(str(value), code)
    except AmountError as error:
        raise PayloadError(error.message, parameter=name) from error
    except CurrencyError as error:
        raise PayloadError(error.message, parameter="currency") from error


def moment(record: Record, name: str) -> datetime | None:
    """Unix seconds as a time; `0` and nothing are none. PayloadError."""
    value = record.get(name)
    if value in (None, "", 0, "0"):
        return None
    if isinstance(value, bool) or not str(value).isdecimal():
        raise PayloadError(f"{name} is whole seconds since 1970.", parameter=name)
    found = from_unix(int(value))
    if not _EARLIEST <= found <= _LATEST:
        raise PayloadError(f"{name} is no time of this age.", parameter=name)
    return found


def switch(record: Record, name: str) -> bool:
    """`1`, `true` or JSON's true. PayloadError."""
    value = record.get(name)
    if isinstance(value, bool) or value is None:
        return bool(value)
    if str(value).lower() not in _SWITCHES:
        raise PayloadError(f"{name} is 0 or 1.", parameter=name)
    return _SWITCHES[str(value).lower()]


def count(record: Record, name: str, *, otherwise: int) -> int:
    """A whole number. PayloadError."""
    value = record.get(name)
    if value in (None, ""):
        return otherwise
    if isinstance(value, bool) or not str(value).isdecimal():
        raise PayloadError(f"{name} is a whole number.", parameter=name)
    return int(str(value))


def texts(record: Record, name: str) -> dict[str, str]:
    """Names and texts, such as metadata."""
    value = record.get(name) or {}
    if not isinstance(value, Mapping):
        raise PayloadError(f"{name} is an object of texts.", parameter=name)
    return {str(key): str(item) for key, item in value.items() if item not in (None, "")}


def marker_in(key: str) -> UUID | None:
    """The order that a call's idempotency key belongs to; None for every other text."""
    try:
        return UUID(key[:36])
    except ValueError:
        return None


def _pairs(record: Record) -> dict[str, Any]:
    value = record.get("metadata") or {}
    if not isinstance(value, Mapping):
        raise PayloadError("metadata is an object of texts.", parameter="metadata")
    return dict(value)


def _is_same(old: Record, told: Record) -> bool:
    key, name = told.get("idempotency_key"), told.get("refund_id")
    if key and old.get("idempotency_key"):
        return bool(key == old["idempotency_key"])
    return bool(name) and name == old.get("refund_id")


def _raise_total(record: dict[str, Any], besides: str) -> None:
    """A refund that was done is part of the total, even if nobody has told the new total yet."""
    code = str(record.get("currency", ""))
    known = sum(
        money(each, "amount", code).minor for each in listed(record) if counts_as_gone(each)
    )
    known += Money.parse(besides, code).minor
    told = money(record, "amount_refunded", code).minor if record.get("amount_refunded") else 0
    record["amount_refunded"] = Money.of(max(told, known), code).plain


def is_rest(refund: Record) -> bool:
    """Whether it is our own row for refunds that were told as a total only."""
    return str(refund.get("refund_id", "")).endswith(f":{OTHERS}")


def counts_as_gone(refund: Record) -> bool:
    """Whether the money of a refund is gone or may be gone."""
    return str(refund.get("status") or "succeeded") not in {"failed", "canceled"}
