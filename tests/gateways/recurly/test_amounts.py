"""Recurly's numbers and ours, exactly."""

from decimal import Decimal

import pytest

from chargedesk.kit.money import Money
from gateways.errors import PayloadError
from gateways.recurly.documents import parsed, written
from gateways.recurly.mapping.amounts import iso_code, iso_minor, recurly_amount


@pytest.mark.parametrize("minor", [1, 10, 99, 1099, 123456789012345])
@pytest.mark.parametrize("code", ["EUR", "JPY", "KWD", "ISK", "UGX", "HUF", "TWD"])
def test_there_and_back_through_json(minor: int, code: str) -> None:
    text = written({"amount": recurly_amount(Money.of(minor, code))})
    assert iso_minor(parsed(text)["amount"], code) == minor


def test_a_float_would_lose_what_a_decimal_keeps() -> None:
    assert iso_minor(parsed('{"amount": 9007199254740.993}')["amount"], "KWD") == 9007199254740993


@pytest.mark.parametrize("written_as", ["25.5", "25.50", "25.500000", "2.55e1"])
def test_the_same_amount_written_in_another_way(written_as: str) -> None:
    assert iso_minor(parsed(f'{{"amount": {written_as}}}')["amount"], "EUR") == 2550


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        (Decimal("10.001"), "EUR"),
        (Decimal("0.5"), "JPY"),
        (0.1, "EUR"),
        (True, "EUR"),
        ("10", "EUR"),
        (None, "EUR"),
        (Decimal("NaN"), "EUR"),
        (10, "XXX"),
    ],
)
def test_what_no_currency_can_hold_is_refused(amount: object, code: str) -> None:
    with pytest.raises(PayloadError):
        iso_minor(amount, code)


def test_an_unknown_currency_is_refused() -> None:
    with pytest.raises(PayloadError):
        iso_code("XXX")
