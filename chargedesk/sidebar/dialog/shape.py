"""The parts of a dialog: its subject, its fields, what they would do, and the form that says so."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chargedesk.actions.selectors import Preview
from chargedesk.kit.money import Money
from chargedesk.sidebar import formats
from chargedesk.sidebar.card import WEAK_GRADES
from chargedesk.sidebar.orders import Problems, Submitted
from chargedesk.sidebar.session import PanelSession
from gateways.contract import ChangePreview
from helpdesk_apps.card import MatchGrade


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several values of a field."""

    value: str
    text: str
    help: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field besides amount, reason and note.

    `kind`: `choice` (a list), `radio` (all in sight), `number`, `text`. `is_telling`: a change of
    it changes what would happen. `is_short`: two of them stand beside each other.
    """

    name: str
    label: str
    value: str
    kind: str = "text"
    choices: tuple[Choice, ...] = ()
    help: str = ""
    is_telling: bool = False
    is_short: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What would happen with what is typed, and the button that says so (R4).

    `lines`: amounts of a preview, label and amount; `hidden`: what the order must carry so that it
    is exactly this that happens.
    """

    sentences: tuple[str, ...]
    button: str
    is_possible: bool
    lines: tuple[tuple[str, str], ...] = ()
    hidden: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialog:
    """Everything the dialog's template draws, in words."""

    title: str
    action: str
    object_id: str
    operation: str
    money_version: int
    facts: tuple[tuple[str, str], ...]
    amount: str
    currency: str
    currencies: tuple[str, ...]
    fields: tuple[Field, ...]
    reasons: tuple[tuple[str, str], ...]
    reason: str
    note: str
    has_amount: bool
    asks_first: str
    is_confirmed: bool
    banners: tuple[str, ...]
    outcome: Outcome
    budget: str
    is_dangerous: bool
    problems: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a dialog is about, with its preview and whose it is.

    `currencies`: the one amounts are in, or those to choose from, the likeliest first.
    """

    seen: Preview
    person: str
    grade: MatchGrade
    currencies: tuple[str, ...]

    @property
    def asks_first(self) -> bool:
        """Whether a weak match must be confirmed before money moves."""
        return self.grade in WEAK_GRADES

    @property
    def thing(self) -> Any:
        """The object itself; each family knows which kind it has."""
        return self.seen.target.thing


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A dialog as it is being filled in.

    `amount` is None until it can be read; `change` is the gateway's own preview, where it gives
    one, and `resolved` are the details it is of.
    """

    session: PanelSession
    subject: Subject
    submitted: Submitted
    amount: Money | None = None
    change: ChangePreview | None = None
    resolved: dict[str, Any] = field(default_factory=dict)

    def money(self, amount: Money) -> str:
        """An amount in the agent's language."""
        return formats.money(amount, self.session.language)

    def day(self, moment: Any) -> str:
        """A date in the agent's zone and language."""
        return formats.local_day(moment, zone=self.session.zone, language=self.session.language)

    def typed(self, name: str, otherwise: str = "") -> str:
        """What a field of the family holds."""
        return self.submitted.fields.get(name, otherwise)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a family says would happen; without a button it cannot be done yet."""

    sentences: tuple[str, ...] = ()
    button: str = ""
    lines: tuple[tuple[str, str], ...] = ()
    hidden: tuple[tuple[str, str], ...] = ()


Facts = list[tuple[str, str]]


def _no_facts(_draft: Draft) -> Facts:
    return []


def _no_fields(_draft: Draft) -> tuple[Field, ...]:
    return ()


def _no_details(_draft: Draft, _problems: Problems) -> dict[str, Any]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How one action is asked for.

    Attributes:
        told: what would happen; facts: what is; fields: what the agent may say besides amount,
            reason and note; details: the fields read strictly, for the order.
        is_preset: the amount starts with all that can be moved.
        needs_reason: money goes out or a service is taken away (R3).
        previews: the gateway is asked what it would cost.
    """

    title: Callable[[], str]
    told: Callable[[Draft], Told]
    facts: Callable[[Draft], Facts] = _no_facts
    fields: Callable[[Draft], tuple[Field, ...]] = _no_fields
    details: Callable[[Draft, Problems], dict[str, Any]] = _no_details
    has_amount: bool = False
    is_preset: bool = False
    needs_reason: bool = True
    is_dangerous: bool = False
    previews: bool = False
