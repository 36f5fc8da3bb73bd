"""Decimal strings by ISO exponent, and back to minor units (reference section 5)."""

import re

from sandbox.braintree.errors import BraintreeError
from sandbox.wire import Json

EXPONENTS = dict.fromkeys(("JPY", "ISK", "UGX", "KRW", "CLP"), 0) | dict.fromkeys(("KWD", "BHD"), 3)
DECIMAL = re.compile(r"^(\d{1,12})(?:\.(\d{1,3}))?$")


def written(minor: int, currency: str) -> str:
    """Write minor units as a decimal string."""
    digits = EXPONENTS.get(currency, 2)
    if not digits:
        return str(minor)
    return f"{minor // 10**digits}.{minor % 10**digits:0{digits}d}"


def minor_of(text: object, currency: str) -> int:
    """Read a decimal string, or refuse it."""
    digits = EXPONENTS.get(currency, 2)
    match = DECIMAL.match(str(text))
    if match is None or len(match[2] or "") > digits:
        raise BraintreeError(code="81503", on="amount")
    whole = int(match[1]) * int(10**digits)
    return whole + int((match[2] or "").ljust(digits, "0") or 0)


def minor(body: Json) -> int:
    """The amount of a transaction, subscription or dispute."""
    return minor_of(body["amount"], body["currency_iso_code"])
