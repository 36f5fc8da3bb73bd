"""WooCommerce's decimal strings to ISO 4217 minor units and back, exactly.

The only place where the two are converted.
"""

import re
from decimal import Decimal
from typing import Any

from chargedesk.kit.money import CurrencyError, Money, currency
from gateways.capabilities import CurrencyRules
from gateways.errors import InvalidOrderError, PayloadError

# A shop writes every currency with the number of decimals in its settings (two, unless changed),
# so no currency has a step of its own; `orders.py` refuses what a shop would round.
CURRENCIES = CurrencyRules()
_DECIMAL = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,10})?")


def iso_minor(amount: Any, code: str) -> int:
    """The shop's decimal string as ISO minor units.

    PayloadError if it is no string, no decimal, or not whole in this currency.
    """
    if not isinstance(amount, str) or not _DECIMAL.fullmatch(amount):
        raise PayloadError("The shop sent an amount that is not a decimal.")
    scaled = Decimal(amount).scaleb(_exponent(code))
    if scaled != scaled.to_integral_value():
        raise PayloadError(
            f"The shop sent {amount} in {code[:8]}, which is not a whole unit of it."
        )
    return int(scaled)


def iso_code(code: Any) -> str:
    """The currency as ISO writes it; PayloadError if it is none."""
    try:
        return currency(str(code)).code
    except CurrencyError as error:
        raise PayloadError(f"The shop sent an unknown currency, “{str(code)[:8]}”.") from error


def shop_amount(money: Money) -> str:
    """Our money as the string of an order, with all digits of the currency."""
    return money.plain


def refuse_rounding(money: Money, like: str) -> None:
    """InvalidOrderError if a shop that writes totals as `like` would round `money` (M13)."""
    digits = len(like.partition(".")[2])
    scaled = money.decimal.scaleb(digits)
    if scaled != scaled.to_integral_value():
        raise InvalidOrderError(
            f"This shop counts {money.currency} with {digits} digits and would round {money}.",
            parameter="amount",
        )


def _exponent(code: str) -> int:
    return currency(iso_code(code)).exponent
