"""X9, X10: money and times as a person of each language writes them, equal to CLDR's."""

from datetime import UTC, datetime, timedelta

import pytest
from babel.numbers import format_decimal
from hypothesis import given
from hypothesis import strategies as st

from chargedesk.kit.money import Money
from chargedesk.sidebar import formats

LANGUAGES = ("en", "it", "pt-br", "es", "fr", "de")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minor", "code", "language", "text"),
    [
        (123450, "EUR", "en", "EUR\u00a01,234.50"),
        (123450, "EUR", "it", "1.234,50\u00a0EUR"),
        (-2000, "EUR", "en", "EUR\u00a0\u221220.00"),
        (1234, "JPY", "en", "JPY\u00a01,234"),
        (1500, "KWD", "en", "KWD\u00a01.500"),
        (0, "EUR", "de", "0,00\u00a0EUR"),
    ],
)
def test_money_carries_its_currency(minor: int, code: str, language: str, text: str) -> None:
    """Always the code, always U+2212."""
    assert formats.money(Money.of(minor, code), language) == text


@given(st.integers(0, 10**13), st.sampled_from(LANGUAGES))
def test_digits_are_grouped_as_cldr_says(minor: int, language: str) -> None:
    """Our fast way gives what babel gives."""
    amount = Money.of(minor, "EUR")
    expected = format_decimal(
        amount.decimal, format="#,##0.00", locale=formats.babel_locale(language)
    )
    assert formats.number_text(amount, language) == expected


def test_moments_are_relative_with_the_exact_time_beside() -> None:
    """S4: relative text, exact title with the zone, ISO for programs."""
    when = NOW - timedelta(days=3)
    moment = formats.moment(when, now=NOW, zone="Europe/Rome", language="en")
    assert moment.text == "3 days ago"
    assert moment.exact == "Nov 19, 2026, 13:00 CET"
    assert moment.iso == "2026-11-19T12:00:00+00:00"


def test_old_and_future_moments() -> None:
    """What is long ago is a date; what comes is told as coming."""
    old = formats.moment(NOW - timedelta(days=90), now=NOW, zone="UTC", language="it")
    assert old.text == "24 ago 2026"
    coming = formats.moment(NOW + timedelta(hours=5), now=NOW, zone="UTC", language="en")
    assert coming.text == "in 5 hours"
