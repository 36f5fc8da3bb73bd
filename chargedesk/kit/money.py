"""Money: whole minor units of a currency, by ISO 4217's exponent. No floats, ever."""

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import total_ordering

from chargedesk.kit.errors import ChargeDeskError

# ISO 4217 list one, the currencies whose minor unit is not 1/100. Everything else in circulation
# has two digits.
_NO_DIGITS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DIGITS = "BHD IQD JOD KWD LYD OMR TND"
_TWO_DIGITS = """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD
    CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD
    GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD
    MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP
    PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS
    TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
"""
_PLAIN_DECIMAL = re.compile(r"(?P<whole>[0-9]+)(?:\.(?P<part>[0-9]+))?")
LARGEST_MINOR = 10**15


class AmountError(ChargeDeskError):
    """The text is not an amount of this currency."""

    code = "amount_invalid"


class CurrencyError(ChargeDeskError):
    """Not an ISO 4217 currency code in circulation, or not the one that is needed here."""

    code = "currency_invalid"


@dataclass(frozen=True, slots=True)
class Currency:
    """An ISO 4217 currency: upper-case `code` and `exponent` (digits after the point)."""

    code: str
    exponent: int

    def __str__(self) -> str:
        return self.code


_KNOWN = {
    code: Currency(code, exponent)
    for codes, exponent in ((_NO_DIGITS, 0), (_TWO_DIGITS, 2), (_THREE_DIGITS, 3))
    for code in codes.split()
}


def currency_codes() -> frozenset[str]:
    """Every code there is."""
    return frozenset(_KNOWN)


def currency(code: str) -> Currency:
    """Find a currency by its code in any case; CurrencyError if there is none."""
    known = _KNOWN.get(code.upper())
    if known is None:
        raise CurrencyError(
            f"“{code[:8]}” is not a currency code; use ISO 4217, such as EUR.", parameter="currency"
        )
    return known


@total_ordering
@dataclass(frozen=True, slots=True)
class Money:
    """An amount: `minor` units (ISO 4217's exponent) of `currency`; two currencies never mix."""

    minor: int
    currency: Currency

    @classmethod
    def of(cls, minor: int, code: str) -> "Money":
        """Make money from minor units and a currency code."""
        return cls(minor, currency(code))

    @classmethod
    def parse(cls, text: str, code: str) -> "Money":
        """Read a plain decimal such as `34.00`: no sign, exponent, separators or surplus digits.

        Raises AmountError that says what is wrong, CurrencyError for an unknown code.
        """
        unit = currency(code)
        match = _PLAIN_DECIMAL.fullmatch(text)
        if match is None:
            raise AmountError(
                f"Write the amount as digits with a point, such as {_example(unit)}.",
                parameter="amount",
            )
        whole, part = match["whole"].lstrip("0"), (match["part"] or "").rstrip("0")
        if len(part) > unit.exponent:
            raise AmountError(
                f"{unit} has {unit.exponent} digits after the point.", parameter="amount"
            )
        # The length first: Python refuses to read a number of thousands of digits.
        is_readable = len(whole) <= len(str(LARGEST_MINOR))
        minor = int(whole + part.ljust(unit.exponent, "0") or "0") if is_readable else None
        if minor is None or minor > LARGEST_MINOR:
            raise AmountError("The amount is too large.", parameter="amount")
        return cls(minor, unit)

    @property
    def decimal(self) -> Decimal:
        """The amount in major units, exact."""
        return Decimal(self.minor).scaleb(-self.currency.exponent)

    @property
    def plain(self) -> str:
        """The amount as `34.00`: all digits of the currency, a point, no separators."""
        return f"{self.decimal:.{self.currency.exponent}f}"

    def __str__(self) -> str:
        return f"{self.plain} {self.currency.code}"

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other), self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._same(other)

    def __bool__(self) -> bool:
        return self.minor != 0

    def _same(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise CurrencyError(
                f"{self.currency} and {other.currency} cannot be combined.", parameter="currency"
            )
        return other.minor


def _example(unit: Currency) -> str:
    return Money(2 * 10**unit.exponent, unit).plain
