"""Money, dates and durations in the reader's language; what a table can answer is asked once."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_timedelta

from chargedesk.kit.money import Money
from helpdesk_apps.card import Moment

MINUS = "\u2212"
NO_BREAK = "\u00a0"
# Older than this, a date says more than "7 weeks ago".
RELATIVE_FOR = timedelta(days=45)
_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_UNIT_NAMES: dict[int, Literal["day", "hour", "minute", "second"]] = {
    _DAY: "day",
    _HOUR: "hour",
    _MINUTE: "minute",
    1: "second",
}


@cache
def babel_locale(language: str) -> Locale:
    """Babel's locale for one of our language codes (`pt-br` as well as `en`)."""
    return Locale.parse(language, sep="-")


@dataclass(frozen=True, slots=True)
class NumberStyle:
    """How a language writes an amount."""

    group: str
    decimal: str
    has_code_first: bool


@cache
def number_style(language: str) -> NumberStyle:
    """The style of `language`, from CLDR."""
    locale = babel_locale(language)
    symbols = locale.number_symbols["latn"]
    return NumberStyle(
        group=symbols["group"],
        decimal=symbols["decimal"],
        has_code_first=locale.currency_formats["standard"].pattern.startswith("¤"),
    )


def money(amount: Money, language: str) -> str:
    """An amount with its currency code: `EUR 1,234.50`, `1.234,50 EUR`; minus is U+2212."""
    style = number_style(language)
    sign = MINUS if amount.minor < 0 else ""
    number = sign + number_text(amount, language)
    code = amount.currency.code
    return f"{code}{NO_BREAK}{number}" if style.has_code_first else f"{number}{NO_BREAK}{code}"


def number_text(amount: Money, language: str) -> str:
    """The digits of an amount, without sign and currency, as one would type them."""
    style = number_style(language)
    exponent = amount.currency.exponent
    whole, rest = divmod(abs(amount.minor), 10**exponent)
    grouped = f"{whole:,}".replace(",", style.group)
    return f"{grouped}{style.decimal}{rest:0{exponent}d}" if exponent else grouped


def moment(when: datetime, *, now: datetime, zone: str, language: str) -> Moment:
    """A time as `3 days ago` with its exact form in the zone; older ones as a date."""
    local = when.astimezone(_zone(zone))
    age = (now - when).total_seconds()
    if abs(age) < RELATIVE_FOR.total_seconds():
        text = _relative(*_rounded(age), language)
    else:
        text = day(local.date(), language)
    return Moment(text=text, exact=_exact(local, language), iso=when.isoformat(timespec="seconds"))


@lru_cache(maxsize=8192)
def day(when: date, language: str) -> str:
    """A date such as `14 Nov 2026`."""
    return format_date(when, format="medium", locale=babel_locale(language))


def local_day(when: datetime, *, zone: str, language: str) -> str:
    """The date of a moment in a zone."""
    return day(when.astimezone(_zone(zone)).date(), language)


def _exact(local: datetime, language: str) -> str:
    return f"{day(local.date(), language)}, {local:%H:%M} {local.tzname()}"


def _rounded(age: float) -> tuple[int, int]:
    """Whole units, so that the same few texts serve everyone: (seconds of the unit, count)."""
    for unit in (_DAY, _HOUR, _MINUTE):
        if abs(age) >= unit:
            return unit, int(age / unit)
    return 1, 1 if age >= 0 else -1


@lru_cache(maxsize=2048)
def _relative(unit: int, count: int, language: str) -> str:
    return format_timedelta(
        timedelta(seconds=-unit * count),
        granularity=_UNIT_NAMES[unit],
        threshold=60,
        add_direction=True,
        locale=babel_locale(language),
    )


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
