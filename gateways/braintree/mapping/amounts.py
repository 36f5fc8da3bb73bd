"""Braintree's decimal strings to ISO 4217 minor units and back, exactly."""

import re
from decimal import Decimal

from chargedesk.kit.money import LARGEST_MINOR, CurrencyError, Money, currency
from gateways.capabilities import CurrencyRules
from gateways.errors import InvalidOrderError, PayloadError

CURRENCIES = CurrencyRules()
_DECIMAL = re.compile(r"^-?[0-9]{1,15}(?:\.[0-9]{1,6})?$")


def iso_minor(amount: object, code: object) -> int:
    """A decimal string as minor units; PayloadError if it is none, or not whole in `code`."""
    unit = currency(iso_code(code))
    if not isinstance(amount, str) or not _DECIMAL.match(amount):
        raise PayloadError(f"Braintree sent an amount that is no decimal ({unit.code}).")
    scaled = Decimal(amount).scaleb(unit.exponent)
    if scaled != scaled.to_integral_value() or abs(scaled) > LARGEST_MINOR:
        raise PayloadError(f"Braintree sent {amount} in {unit.code}, which is no amount of it.")
    return int(scaled)


def iso_code(code: object) -> str:
    """The currency as ISO writes it; PayloadError if it is none."""
    try:
        return currency(str(code or "")).code
    except CurrencyError as error:
        raise PayloadError(f"Braintree sent an unknown currency, “{str(code)[:8]}”.") from error


def braintree_amount(money: Money) -> str:
    """Our money as Braintree's decimal string; InvalidOrderError off the step (M13)."""
    if not CURRENCIES.is_on_step(money):
        raise InvalidOrderError(f"Braintree cannot move exactly {money}.", parameter="amount")
    return money.plain
