"""Money as people read it: always with its code, always with all digits of its currency (X10)."""

from babel import Locale
from babel.numbers import format_decimal
from django import template

from chargedesk.base.language import active_locale
from chargedesk.kit.money import Money

register = template.Library()

MINUS = "\N{MINUS SIGN}"
NO_BREAK = "\N{NO-BREAK SPACE}"


@register.filter(name="money")
def shown_money(value: Money | None) -> str:
    """`EUR 1,234.50` or `1.234,50 EUR`, as the active language places the currency; empty for None.

    The code, not the sign: several currencies stand on one screen, and `$` is a dozen of them.
    """
    if value is None:
        return ""
    locale = active_locale()
    digits = value.currency.exponent
    pattern = "#,##0" + (f".{'0' * digits}" if digits else "")
    figure = format_decimal(abs(value.decimal), format=pattern, locale=locale)
    sign = MINUS if value.minor < 0 else ""
    if _code_comes_first(locale):
        return f"{value.currency.code}{NO_BREAK}{sign}{figure}"
    return f"{sign}{figure}{NO_BREAK}{value.currency.code}"


@register.filter
def count(value: int | None) -> str:
    """Return a whole number with the separators of the active language; empty for None."""
    return "" if value is None else str(format_decimal(value, locale=active_locale()))


def _code_comes_first(locale: Locale) -> bool:
    return str(locale.currency_formats["standard"].pattern).startswith("¤")
