"""How v1 writes money, time, flags and metadata: the JSON types that its clients expect."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.numbers import get_currency_symbol
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from chargedesk.kit.money import Money

NOT_SET = "0"


@cache
def symbol(code: str) -> str:
    """The currency's sign in English, or its code where it has none."""
    return get_currency_symbol(code, locale="en")


def with_commas(money: Money) -> str:
    """`1,234.50`."""
    return f"{money.decimal:,.{money.currency.exponent}f}"


def formatted(money: Money) -> str:
    """`$34.00 USD`."""
    return f"{symbol(money.currency.code)}{with_commas(money)} {money.currency.code}"


def unix(moment: datetime | None) -> int | None:
    """Whole seconds as a number; null where there is none."""
    return None if moment is None else int(moment.timestamp())


def unix_text(moment: datetime | None) -> str | None:
    """Whole seconds as text; null where there is none."""
    return None if moment is None else str(int(moment.timestamp()))


def unix_text_or_zero(moment: datetime | None) -> str:
    """Whole seconds as text, `0` where it is not set."""
    return NOT_SET if moment is None else str(int(moment.timestamp()))


def shown_time(moment: datetime | None, zone: ZoneInfo) -> str | None:
    """`Nov 22, 2026 14:05` in the tenant's zone."""
    return None if moment is None else f"{moment.astimezone(zone):%b %d, %Y %H:%M}"


def ago(moment: datetime, now: datetime) -> str:
    """`3 weeks ago`."""
    return _("%(time)s ago") % {"time": timesince(moment, now, depth=1).replace("\xa0", " ")}


def flag(*, is_set: bool) -> str:
    """`"1"` or `"0"`."""
    return "1" if is_set else "0"


def metadata(values: dict[str, Any]) -> dict[str, str] | list[Any]:
    """An object when filled, an empty array when empty."""
    return {str(name): str(value) for name, value in values.items()} if values else []


def text(value: str) -> str | None:
    """The text, null where there is none."""
    return value or None


def email_domain(email: str) -> str | None:
    """What stands behind the at sign."""
    return email.rpartition("@")[2] or None


def country_name(code: str) -> str | None:
    """The country's name in English; null for a code that is none."""
    return _territories().get(code.upper())


@cache
def _territories() -> Mapping[str, str]:
    return Locale("en").territories
