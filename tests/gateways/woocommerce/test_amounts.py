"""Amounts, exactly, both ways, whatever number of decimals a shop writes."""

import pytest

from chargedesk.kit.money import Money
from gateways.errors import InvalidOrderError, PayloadError
from gateways.woocommerce.mapping.amounts import iso_minor, refuse_rounding, shop_amount
from tests.contracts.woocommerce.harness import WooCommerceHarness
from tests.gateways.woocommerce.orders import refund_of, send

# What a shop with this many decimals writes, and what it is.
WRITTEN = (
    ("10.99", "EUR", 1099),
    ("500.00", "JPY", 500),
    ("500", "JPY", 500),
    ("12.345", "KWD", 12345),
    ("12.35", "KWD", 12350),
    ("990.00", "ISK", 990),
    ("3700.00", "UGX", 3700),
    ("1099.00", "HUF", 109900),
    ("10.9", "HUF", 1090),
    ("800.000", "TWD", 80000),
    ("-5.00", "EUR", -500),
    ("0.29", "EUR", 29),
)


@pytest.mark.parametrize(("text", "code", "minor"), WRITTEN)
def test_the_shops_string_is_read_exactly(text: str, code: str, minor: int) -> None:
    assert iso_minor(text, code) == minor


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *(("500.50", "JPY"), ("10.999", "EUR"), ("1e3", "EUR"), ("", "EUR"), ("-", "EUR")),
        *((10.5, "EUR"), (10, "EUR"), (True, "EUR"), (None, "EUR"), ("1.00", "XXX")),
        *(("NaN", "EUR"), ("1,00", "EUR"), (" 1.00", "EUR"), ("٣", "EUR")),
    ],
)
def test_what_is_no_amount_is_refused(text: object, code: str) -> None:
    with pytest.raises(PayloadError):
        iso_minor(text, code)


def test_all_digits_are_sent() -> None:
    assert shop_amount(Money.of(500, "JPY")) == "500"
    assert shop_amount(Money.of(12340, "KWD")) == "12.340"
    assert shop_amount(Money.of(29, "EUR")) == "0.29"


@pytest.mark.parametrize(("minor", "like"), [(1050, "20"), (1055, "20.0"), (1, "7")])
def test_what_the_shop_would_round_is_refused(minor: int, like: str) -> None:
    """M13: the step of a currency is the shop's number of decimals."""
    with pytest.raises(InvalidOrderError):
        refuse_rounding(Money.of(minor, "EUR"), like)
    refuse_rounding(Money.of(1000, "EUR"), like)


def test_yen_are_refunded_exactly_by_a_shop_with_two_decimals(shop: WooCommerceHarness) -> None:
    order = refund_of(shop.make("charge", currency="jpy", amount=12800), Money.of(4001, "JPY"))
    assert send(shop, order).money == Money.of(4001, "JPY")
    assert shop.moved(order) == Money.of(4001, "JPY")
