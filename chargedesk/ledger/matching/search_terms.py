"""Reads what an agent types into the search field as clues (S7)."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from chargedesk.ledger.matching.clues import (
    Clue,
    by_beginning,
    by_card,
    by_identifier,
    by_invoice,
    by_object,
    by_order,
    by_record,
    by_statement,
)
from chargedesk.ledger.persons import digits_of, normalised_email

_LAST4 = re.compile(r"(?<![\d.,/-])(\d{4})(?![\d.,/-])")
_AMOUNT = re.compile(r"(?<![\d/-])(\d{1,12})[.,](\d{1,3})(?![\d.,/-])")
_ISO_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_LOCAL_DAY = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4})")
_PHONE = re.compile(r"^\+?[\d ()/.-]{6,}$")
# `1947`, `#1947` and, in any language, `Order #1947`.
_ORDER = re.compile(r"^(?:[^\W\d]+\.?(?=[ #]))? ?#? ?((?=[\w-]*\d)[\w-]+)$")
_SHORTEST_BEGINNING = 3
# A day begins up to 14 hours before UTC's and ends up to 12 after.
_BEFORE, _AFTER = timedelta(hours=14), timedelta(hours=36)


def clues_in(text: str) -> list[Clue]:
    """Every way to read the text; an empty list for one too short to search."""
    text = " ".join(text.split())
    if len(text) < _SHORTEST_BEGINNING:
        return []
    if "@" in text and " " not in text:
        address = normalised_email(text)
        return [by_identifier("email", address), by_beginning("email_start", "email", address)]
    return [*_payment(text), *_plain(text)]


def _plain(text: str) -> list[Clue]:
    lowered = text.lower()
    clues = [
        by_beginning("name", "name", lowered),
        by_beginning("email_start", "email", lowered),
        by_identifier("username", lowered),
        by_invoice(text),
        *(by_statement(variant) for variant in {text, text.upper()}),
    ]
    if " " not in text:
        clues += [by_record(text), by_identifier("external_id", text), *by_object(text)]
    if found := _ORDER.match(text):
        clues.append(by_order(found[1].lower()))
    if _PHONE.match(text):
        clues.append(by_identifier("phone", digits_of(text)))
    return clues


def _payment(text: str) -> list[Clue]:
    last4 = _LAST4.findall(text)
    amounts, day = _amounts(text), _day(text)
    if not last4 or not (amounts or day):
        return []
    return [by_card(last4[0], amounts=amounts, day=day)]


def _amounts(text: str) -> list[int]:
    found = _AMOUNT.search(_LOCAL_DAY.sub(" ", text))
    if found is None:
        return []
    amount = Decimal(f"{found[1]}.{found[2]}")
    # In minor units of currencies with none, two and three digits; only whole ones can be meant.
    scaled = (amount.scaleb(exponent) for exponent in (0, 2, 3))
    return [int(minor) for minor in scaled if minor == minor.to_integral_value()]


def _day(text: str) -> tuple[datetime, datetime] | None:
    if found := _ISO_DAY.search(text):
        year, month, day = map(int, found.groups())
    elif found := _LOCAL_DAY.search(text):
        day, month, year = map(int, found.groups())
    else:
        return None
    try:
        start = datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return None
    return start - _BEFORE, start + _AFTER
