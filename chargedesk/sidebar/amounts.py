"""Reads an amount as a person types it in their language; two readings are asked about again."""

import re

from django.utils.translation import gettext as _

from chargedesk.kit.errors import ChargeDeskError
from chargedesk.kit.money import LARGEST_MINOR, Money, currency
from chargedesk.sidebar.formats import number_style, number_text

_GROUPED = r"[0-9]{1,3}(?:%s[0-9]{3})+|[0-9]+"
LONGEST = 24


class AmountUnclearError(ChargeDeskError):
    """The typed amount is no amount, or could mean two."""

    code = "amount_unclear"


def parse_amount(text: str, *, code: str, language: str) -> Money:
    """Read `1,234.50` in English or `1.234,50` in Italian, strictly.

    A single separator with three digits behind it that is the language's group separator reads as
    thousands only where the currency could not have three digits after the point; else the agent
    is asked. The other language's way of writing is refused, never guessed. AmountUnclearError.
    """
    unit = currency(code)
    style = number_style(language)
    typed = _without_spaces(text)
    decimals = (
        rf"(?:{re.escape(style.decimal)}[0-9]{{1,{unit.exponent}}})?" if unit.exponent else ""
    )
    group = "" if not style.group.strip() else re.escape(style.group)
    whole = _GROUPED % group if group else "[0-9]+"
    match = re.fullmatch(f"(?P<whole>{whole})(?P<rest>{decimals})", typed)
    if len(typed) > LONGEST or match is None or _reads_two_ways(typed, style.group, unit.exponent):
        example = number_text(Money(123450 * 10 ** max(0, unit.exponent - 2), unit), language)
        raise AmountUnclearError(
            _("Write the amount like %(example)s, without a sign or currency.")
            % {"example": example},
            parameter="amount",
        )
    digits = match["whole"].replace(style.group, "") if group else match["whole"]
    rest = match["rest"][1:].ljust(unit.exponent, "0")
    minor = int(digits + rest)
    if minor > LARGEST_MINOR:
        raise AmountUnclearError(_("The amount is too large."), parameter="amount")
    if minor == 0:
        raise AmountUnclearError(_("The amount must be more than zero."), parameter="amount")
    return Money(minor, unit)


def _without_spaces(text: str) -> str:
    # French groups with narrow no-break spaces; pasted amounts have all kinds around them.
    return re.sub(r"(?<=[0-9])[\u00a0\u202f ](?=[0-9]{3})", "", text.strip())


def _reads_two_ways(typed: str, group: str, exponent: int) -> bool:
    """Whether `1,234` may be twelve hundred to one reader and one and a bit to another."""
    lone = re.fullmatch(r"[0-9]{1,3}[.,][0-9]{3}", typed)
    return lone is not None and exponent > 0 and bool(group.strip())
