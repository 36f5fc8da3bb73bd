"""Amounts: Stripe's integers and ISO minor units agree exactly, or nothing is said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargedesk.kit import money as kit_money
from chargedesk.kit.money import Money
from gateways.errors import InvalidOrderError, PayloadError
from gateways.stripe.mapping.amounts import CURRENCIES, iso_code, iso_minor, stripe_amount

CODES = sorted(set(kit_money._KNOWN) - CURRENCIES.unsupported)


@given(code=st.sampled_from(CODES), steps=st.integers(min_value=0, max_value=10**10))
def test_every_amount_on_the_step_comes_back_as_it_went(code: str, steps: int) -> None:
    ours = Money.of(steps * CURRENCIES.step(code), code)
    assert iso_minor(stripe_amount(ours), code.lower()) == ours.minor


@pytest.mark.parametrize(
    ("amount", "code", "minor"),
    [
        (1099, "eur", 1099),
        (500, "jpy", 500),
        (12340, "kwd", 12340),
        # Stripe sends these two times 100, though they have no decimals.
        (50000, "isk", 500),
        (370000, "ugx", 3700),
        (1099, "huf", 1099),
        (80000, "twd", 80000),
        # Here ISO has two decimals and Stripe none.
        (5000, "mga", 500000),
        (-250, "eur", -250),
    ],
)
def test_stripes_integer_as_iso_minor_units(amount: int, code: str, minor: int) -> None:
    assert iso_minor(amount, code) == minor
    assert iso_code(code) == code.upper()


@pytest.mark.parametrize(
    ("amount", "code"),
    [(50001, "isk"), (10.5, "eur"), (True, "eur"), ("100", "eur"), (None, "eur"), (1, "xxx")],
)
def test_what_is_not_whole_is_unreadable(amount: object, code: str) -> None:
    with pytest.raises(PayloadError):
        iso_minor(amount, code)


@pytest.mark.parametrize("money", [Money.of(1234, "KWD"), Money.of(150, "MGA"), Money.of(1, "IQD")])
def test_what_stripe_cannot_move_is_refused_before_it_is_sent(money: Money) -> None:
    """M13."""
    with pytest.raises(InvalidOrderError):
        stripe_amount(money)
