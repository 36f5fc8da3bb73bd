"""Decimal strings and minor units, exactly, or not at all."""

import pytest

from chargedesk.kit.money import Money
from gateways.braintree.mapping.amounts import braintree_amount, iso_minor
from gateways.errors import PayloadError


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ("10.5", "JPY"),
        ("1.2345", "KWD"),
        ("1e3", "EUR"),
        ("", "EUR"),
        (None, "EUR"),
        (10, "EUR"),
        (10.5, "EUR"),
        ("1,000.00", "EUR"),
        ("100", "XXX"),
        ("100", ""),
        ("9" * 15 + ".00", "EUR"),
    ],
)
def test_what_is_no_amount_is_refused(amount: object, code: str) -> None:
    with pytest.raises(PayloadError):
        iso_minor(amount, code)


@pytest.mark.parametrize(
    ("amount", "code", "minor"),
    [("500.00", "JPY", 500), ("10", "EUR", 1000), ("12.34", "KWD", 12340), ("0.00", "HUF", 0)],
)
def test_digits_that_say_nothing_are_read(amount: str, code: str, minor: int) -> None:
    assert iso_minor(amount, code) == minor


def test_every_digit_of_the_currency_is_written() -> None:
    assert braintree_amount(Money.of(5, "EUR")) == "0.05"
    assert braintree_amount(Money.of(5, "KWD")) == "0.005"
    assert braintree_amount(Money.of(5, "ISK")) == "5"
