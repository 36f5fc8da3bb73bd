"""How Stripe writes amounts, and how that maps to ISO 4217 minor units (reference section 5)."""

from sandbox.stripe.errors import StripeError

ZERO_DECIMALS = frozenset(
    [
        "bif",
        "clp",
        "djf",
        "gnf",
        "jpy",
        "kmf",
        "krw",
        "mga",
        "pyg",
        "rwf",
        "vnd",
        "vuv",
        "xaf",
        "xof",
        "xpf",
    ]
)
THREE_DECIMALS = frozenset(["bhd", "jod", "kwd", "omr", "tnd"])
# Written with two decimals that must be 00, although ISO 4217 gives these currencies none.
PADDED = frozenset({"isk", "ugx"})
MINIMUM = {
    "eur": 50,
    "usd": 50,
    "gbp": 30,
    "jpy": 50,
    "kwd": 150,
    "isk": 7000,
    "chf": 50,
}


def exponent(currency: str) -> int:
    """Give the number of decimals Stripe writes amounts with."""
    if currency in ZERO_DECIMALS:
        return 0
    return 3 if currency in THREE_DECIMALS else 2


def iso_minor(amount: int, currency: str) -> int:
    """Turn Stripe's amount into minor units by ISO 4217's exponent."""
    return amount // 100 if currency in PADDED else amount


def step(currency: str) -> int:
    """Give the smallest difference between two amounts Stripe accepts."""
    if currency in PADDED:
        return 100
    return 10 if currency in THREE_DECIMALS else 1


def check_step(amount: int, currency: str, param: str = "amount") -> None:
    """Refuse an amount that is finer than the currency allows."""
    if amount % step(currency):
        raise StripeError(
            f"Invalid amount: amounts in {currency} must be divisible by {step(currency)}.",
            code="parameter_invalid_integer",
            param=param,
        )


def shown(amount: int, currency: str) -> str:
    """Write an amount for an error message."""
    digits = exponent(currency)
    return f"{amount / 10**digits:,.{digits}f} {currency.upper()}"
