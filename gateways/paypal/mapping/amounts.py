"""PayPal's decimal strings to ISO 4217 minor units and back, exactly.

The only place where the two are converted.
"""

import re
from collections.abc import Mapping
from decimal import Decimal

from chargedesk.kit.money import Currency, CurrencyError, Money, currency
from gateways.capabilities import CurrencyRules
from gateways.errors import InvalidOrderError, PayloadError

# PayPal takes no decimals in these, though ISO gives HUF and TWD two: they move in whole units.
_WHOLE = frozenset({"HUF", "JPY", "TWD"})
# Everything else that ISO 4217 knows: nothing says how PayPal would write it in an order.
_NOT_OFFERED = """
    AED AFN ALL AMD ANG AOA ARS AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BSD BTN BWP BYN
    BZD CDF CLP COP CRC CUP CVE DJF DOP DZD EGP ERN ETB FJD FKP GEL GHS GIP GMD GNF GTQ GYD
    HNL HTG IDR INR IQD IRR ISK JMD JOD KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD
    LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MZN NAD NGN NIO NPR OMR PAB PEN PGK
    PKR PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SHP SLE SOS SRD SSP STN SVC SYP SZL TJS TMT
    TND TOP TRY TTD TZS UAH UGX UYI UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR
    ZMW ZWG
"""
_VALUE = re.compile(r"^-?[0-9]{0,15}(?:\.[0-9]{0,6})?$")
_DIGIT = re.compile(r"[0-9]")

CURRENCIES = CurrencyRules(
    steps={"HUF": 100, "TWD": 100},
    unsupported=frozenset(_NOT_OFFERED.split()),
)


def money_in(given: object) -> Money:
    """`{"value", "currency_code"}` as money; PayloadError if it is none or not whole."""
    if not isinstance(given, Mapping):
        raise PayloadError("PayPal sent no amount where one belongs.")
    return money_of(given.get("value"), given.get("currency_code"))


def money_of(value: object, code: object) -> Money:
    """A decimal string as money, which may be negative in reports."""
    unit = _currency(code)
    if not isinstance(value, str) or not _VALUE.match(value) or not _DIGIT.search(value):
        raise PayloadError(f"PayPal sent an amount that is not a decimal ({unit}).")
    scaled = Decimal(value).scaleb(unit.exponent)
    if scaled != scaled.to_integral_value():
        raise PayloadError(f"PayPal sent {value} in {unit}, which is not a whole minor unit.")
    return Money(int(scaled), unit)


def paypal_amount(money: Money) -> dict[str, str]:
    """Our money as PayPal takes it.

    InvalidOrderError if PayPal cannot move exactly this amount (M13).
    """
    if not CURRENCIES.is_on_step(money):
        raise InvalidOrderError(f"PayPal cannot move exactly {money}.", parameter="amount")
    code = money.currency.code
    value = f"{money.decimal:.0f}" if code in _WHOLE else money.plain
    return {"currency_code": code, "value": value}


def _currency(code: object) -> Currency:
    try:
        return currency(code if isinstance(code, str) else "")
    except CurrencyError as error:
        raise PayloadError(f"PayPal sent an unknown currency, “{str(code)[:8]}”.") from error
