"""Recurly's decimals to ISO 4217 minor units and back, exactly.

The only place where the two are converted.
"""

from decimal import Decimal

from chargedesk.kit.money import Currency, CurrencyError, Money, currency
from gateways.errors import PayloadError


def iso_minor(amount: object, code: str) -> int:
    """Recurly's number of major units as ISO minor units.

    PayloadError if it is no number, a float (which is never exact), or not whole in this currency.
    """
    if type(amount) is not int and not isinstance(amount, Decimal):
        raise PayloadError(f"Recurly sent an amount that is no exact number ({code}).")
    scaled = Decimal(amount).scaleb(_currency(code).exponent)
    if not scaled.is_finite() or scaled != scaled.to_integral_value():
        raise PayloadError(f"Recurly sent {amount} in {code}, which is not a whole unit of it.")
    return int(scaled)


def iso_minor_or_none(amount: object, code: str) -> int | None:
    """The same for an amount that may be missing."""
    return None if amount is None else iso_minor(amount, code)


def iso_code(code: object) -> str:
    """Recurly's currency as ISO writes it; PayloadError if it is none."""
    return _currency(str(code)).code


def recurly_amount(money: Money) -> Decimal:
    """Our money as Recurly's number, with all digits of the currency."""
    return money.decimal


def _currency(code: str) -> Currency:
    try:
        return currency(code)
    except CurrencyError as error:
        raise PayloadError(f"Recurly sent an unknown currency, “{code[:8]}”.") from error
