"""How far an order of several provider calls came: what was done of it, and what was not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from chargedesk.actions.models import ActionIntent, IntentState, Try
from gateways.contract import StepDeed

DONE = "done"
# The state of such an order, where a state is written: it neither happened nor failed.
PARTLY_DONE = "partly_done"
_ENDED_SHORT = (IntentState.FAILED, IntentState.REJECTED, IntentState.EXPIRED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What an order that ended halfway did and did not do, each step in plain words."""

    done: tuple[str, ...]
    left: tuple[str, ...]

    @property
    def sentences(self) -> tuple[str, str]:
        """Both lists, to be read by people."""
        return (
            _("Done: %(steps)s.") % {"steps": "; ".join(self.done)},
            _("Not done: %(steps)s.") % {"steps": "; ".join(self.left)},
        )


def is_begun(intent: ActionIntent) -> bool:
    """Whether a step of several was done: then something was, whatever the last one shows."""
    return Try.objects.filter(intent=intent, answer=DONE).exists()


def half_done(intent: ActionIntent) -> Progress | None:
    """How far an order came that ended without being whole; None for all others. In scope."""
    if intent.state not in _ENDED_SHORT or intent.first_try_at is None:
        return None
    tries = Try.objects.filter(intent=intent, answer=DONE).order_by("sent_at")
    done = dict.fromkeys(tries.values_list("step", flat=True))
    last = str(intent.steps[-1]["name"]) if intent.steps else ""
    # The last answer decides about the whole order: here it was a refusal.
    done.pop(last, None)
    if not done:
        return None
    steps: dict[str, Mapping[str, Any]] = {step["name"]: step for step in intent.steps}
    return Progress(
        done=tuple(_in_words(steps.get(name, {"name": name})) for name in done),
        left=tuple(_in_words(step) for name, step in steps.items() if name not in done),
    )


def _in_words(step: Mapping[str, Any]) -> str:
    said = _STEPS.get(step.get("deed", ""))
    if said is None:
        return str(step["name"]).replace("_", " ")
    return said() % {"about": step.get("about", "")}


# None of them tells a tax id or an address: the audit log, which is never rewritten, keeps them.
_STEPS: Mapping[str, Callable[[], str]] = {
    StepDeed.ADD_TAX_ID: lambda: _("adding the new tax id"),
    StepDeed.REMOVE_TAX_ID: lambda: _("removing the old tax id %(about)s"),
    StepDeed.SAVE_DETAILS: lambda: _("saving name and address"),
    StepDeed.USE_CARD_FOR_SUBSCRIPTION: lambda: _("using the card for subscription %(about)s"),
    StepDeed.USE_CARD_BY_DEFAULT: lambda: _("using the card for whatever comes next"),
}
