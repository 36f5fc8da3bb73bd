"""PayPal's amounts: decimal strings; HUF, JPY and TWD take no decimals (reference 5)."""

import re
from decimal import Decimal

from sandbox.paypal.errors import PayPalError, refused
from sandbox.wire import Json

WHOLE = frozenset({"HUF", "JPY", "TWD"})
ISO_WHOLE = frozenset({"JPY"})
OFFERED = frozenset(
    {
        *("AUD", "BRL", "CAD", "CHF", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "ILS", "JPY"),
        *("MXN", "MYR", "NOK", "NZD", "PHP", "PLN", "SEK", "SGD", "THB", "TWD", "USD"),
    }
)
VALUE = re.compile(r"^((-?[0-9]+)|(-?([0-9]+)?[.][0-9]+))$")


def exponent(currency: str) -> int:
    """The digits of ISO 4217 for the currencies PayPal offers."""
    return 0 if currency in ISO_WHOLE else 2


def money(minor: int, currency: str) -> Json:
    """Write ISO minor units as PayPal does."""
    value = Decimal(minor).scaleb(-exponent(currency))
    return {
        "currency_code": currency,
        "value": f"{value:.0f}" if currency in WHOLE else f"{value:.2f}",
    }


def read_money(given: object, *, field: str) -> tuple[int, str]:
    """Read an amount as ISO minor units and currency, or refuse it as PayPal does."""
    if not isinstance(given, dict):
        raise _invalid(field, "INVALID_PARAMETER_SYNTAX")
    currency, value = given.get("currency_code"), given.get("value")
    if not isinstance(value, str) or not VALUE.match(value):
        raise _invalid(f"{field}/value", "INVALID_PARAMETER_SYNTAX")
    if currency not in OFFERED:
        raise refused("CURRENCY_NOT_SUPPORTED", "The currency code is not currently supported.")
    amount = Decimal(value)
    if currency in WHOLE and amount != amount.to_integral_value():
        raise refused("DECIMALS_NOT_SUPPORTED", "Currency does not support decimals.")
    scaled = amount.scaleb(exponent(currency))
    if scaled != scaled.to_integral_value():
        raise refused("DECIMAL_PRECISION", "The value should not have more than two decimals.")
    if scaled <= 0:
        raise refused("CANNOT_BE_ZERO_OR_NEGATIVE", "Must be greater than zero.")
    return int(scaled), currency


def _invalid(field: str, issue: str) -> PayPalError:
    return PayPalError(
        400,
        "INVALID_REQUEST",
        "Request is not well-formed, syntactically incorrect, or violates schema.",
        ({"field": f"/{field}", "location": "body", "issue": issue, "description": "Invalid."},),
    )
