"""What all of Recurly's objects share: who, how much, when."""

import hashlib
from dataclasses import dataclass

from sandbox.recurly.context import stamp
from sandbox.wire import Json

DAY = 86_400
_NO_DIGITS = frozenset(
    (
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    )
)
_THREE_DIGITS = frozenset(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"))


@dataclass(frozen=True)
class Person:
    """Who an account belongs to."""

    name: str
    email: str
    country: str = "DE"
    city: str = "Berlin"
    locale: str = "en-US"


@dataclass(frozen=True)
class Deal:
    """One payment to write: `amount` in ISO minor units.

    `gateway` and `reference` name the charge of the gateway behind, where there is a real one.
    """

    amount: int
    currency: str
    created: int
    status: str = "success"
    origin: str = "api"
    description: str = "Test order"
    status_code: str = ""
    subscription: Json | None = None
    gateway: str = ""
    reference: str = ""


def exponent(currency: str) -> int:
    """How many digits a currency has after the point."""
    if currency in _NO_DIGITS:
        return 0
    return 3 if currency in _THREE_DIGITS else 2


def major(minor: int, currency: str) -> float | int:
    """ISO minor units as Recurly's number."""
    digits = exponent(currency)
    return minor / 10**digits if digits else minor


def minor(amount: float, currency: str) -> int:
    """Recurly's number as ISO minor units."""
    return int(round(amount * 10 ** exponent(currency), 0))


def uuid_of(object_id: str) -> str:
    """The longer id that transactions, invoices and subscriptions have as well."""
    return hashlib.sha256(object_id.encode()).hexdigest()[:32]


def times(created: float) -> Json:
    """The times of a new object."""
    return {
        "created": int(created),
        "updated": int(created),
        "created_at": stamp(created),
        "updated_at": stamp(created),
    }
