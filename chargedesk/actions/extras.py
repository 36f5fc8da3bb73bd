"""What programs add to an order of money: words of their own, several lines; checked (M1)."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from chargedesk.actions.errors import ActionDeniedError
from chargedesk.actions.targets import Target
from chargedesk.kit.money import Money

# Ours are found by names that begin so: nobody else may write one (M7).
_OURS = "chargedesk"
# Stripe keeps 50, names of 40 and texts of 500 characters; the rest is left for our own.
MOST_WORDS, LONGEST_NAME, LONGEST_WORD = 40, 40, 500
MOST_LINES = 50


def own_words(target: Target, given: Mapping[str, Any]) -> dict[str, Any]:
    """`metadata` for the order, or nothing. ActionDeniedError."""
    words = given.get("metadata") or {}
    if not words:
        return {}
    if not _offers(target, "has_metadata"):
        raise _refused("unsupported", _("This gateway keeps no metadata."), "metadata")
    if len(words) > MOST_WORDS or not all(_is_word(*pair) for pair in words.items()):
        text = _(
            "At most %(most)s names of %(name)s characters without brackets, not beginning with "
            "“%(ours)s”, each with a text of %(word)s."
        )
        limits = {"most": MOST_WORDS, "name": LONGEST_NAME, "word": LONGEST_WORD, "ours": _OURS}
        raise _refused("metadata_invalid", text % limits, "metadata")
    return {"metadata": dict(words)}


def asked_lines(target: Target, given: Mapping[str, Any]) -> dict[str, Any]:
    """`lines` for the order, or nothing. ActionDeniedError."""
    lines = given.get("lines") or []
    if not lines:
        return {}
    if not _offers(target, "has_lines"):
        text = _("This gateway asks for one thing at a time.")
        raise _refused("unsupported", text, "lines")
    step = target.adapter.capabilities.currency
    if len(lines) > MOST_LINES or not all(
        step.is_on_step(Money.of(line["amount_minor"], line["currency"])) for line in lines
    ):
        text = _("At most %(most)s lines, each of an amount that the gateway can ask for.")
        raise _refused("lines_invalid", text % {"most": MOST_LINES}, "lines")
    kept = ("description", "amount_minor", "quantity")
    return {"lines": [{name: line[name] for name in kept} for line in lines]}


def _offers(target: Target, what: str) -> bool:
    return bool(getattr(getattr(target.adapter.capabilities, target.action.value), what, False))


def _is_word(name: str, text: str) -> bool:
    return (
        0 < len(name) <= LONGEST_NAME
        and not name.lower().startswith(_OURS)
        and not set("[]\x00") & set(name)
        and "\x00" not in text
        and len(text) <= LONGEST_WORD
    )


def _refused(reason: str, message: str, parameter: str) -> ActionDeniedError:
    return ActionDeniedError(message, reason=reason, parameter=parameter)
