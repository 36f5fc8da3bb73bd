"""Stripe's amounts to ISO 4217 minor units and back, exactly.

The only place where the two are converted.
"""

from functools import cache

from chargedesk.kit.money import CurrencyError, Money, currency
from gateways.capabilities import CurrencyRules
from gateways.errors import InvalidOrderError, PayloadError

# Stripe's own exponents where they are not 2. ISK and UGX are missing on purpose: ISO gives them no
# decimals, Stripe sends them times 100. MGA is here on purpose: ISO gives it two decimals, Stripe
# none.
_STRIPE_EXPONENTS = dict.fromkeys(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "JPY",
        "KMF",
        "KRW",
        "MGA",
        "PYG",
        "RWF",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ],
    0,
) | dict.fromkeys(["BHD", "JOD", "KWD", "OMR", "TND"], 3)

CURRENCIES = CurrencyRules(
    # Three decimals, but card networks settle two: the last digit must be 0. MGA moves in whole
    # ariary only.
    steps={"BHD": 10, "JOD": 10, "KWD": 10, "OMR": 10, "TND": 10, "MGA": 100},
    # Stripe does not offer these, so nothing says how it would write their exponents, which are not
    # 2 in ISO.
    unsupported=frozenset({"IQD", "LYD", "UYI"}),
)


def iso_minor(amount: object, code: str) -> int:
    """Stripe's integer as ISO minor units.

    PayloadError if it is no integer or not whole in this currency.
    """
    up, down = _scale(code)
    if type(amount) is not int:
        raise PayloadError(f"Stripe sent an amount that is not a whole number ({code}).")
    if up == down:
        return amount
    whole, rest = divmod(amount * up, down)
    if rest:
        raise PayloadError(
            f"Stripe sent {amount} in {code.upper()}, which is not a whole unit of it."
        )
    return whole


def iso_minor_or_none(amount: object, code: str) -> int | None:
    """The same for an amount that may be missing."""
    return None if amount is None else iso_minor(amount, code)


def iso_code(code: str) -> str:
    """Stripe's lower-case code as ISO writes it; PayloadError if it is no currency."""
    return _code(code)


def stripe_amount(money: Money) -> int:
    """Our money as Stripe's integer.

    InvalidOrderError if Stripe cannot move exactly this amount (M13).
    """
    if not CURRENCIES.is_on_step(money):
        raise InvalidOrderError(f"Stripe cannot move exactly {money}.", parameter="amount")
    up, down = _scale(money.currency.code)
    return money.minor * down // up


@cache
def _scale(code: str) -> tuple[int, int]:
    iso = currency(_code(code))
    difference = iso.exponent - _STRIPE_EXPONENTS.get(iso.code, 2)
    return (10**difference, 1) if difference > 0 else (1, 10**-difference)


@cache
def _code(code: str) -> str:
    try:
        return currency(code).code
    except CurrencyError as error:
        raise PayloadError(f"Stripe sent an unknown currency, “{code[:8]}”.") from error
