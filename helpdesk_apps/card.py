"""The card: what a support agent sees about one customer, in words, ready to be drawn.

The sidebar builds it, in the agent's language; a helpdesk draws it. All texts are formatted,
amounts carry their currency. What a program may need beside the words stands in plain fields.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class MatchGrade(StrEnum):
    """How sure we are who this is."""

    EXACT = "exact"
    VERIFIED_EMAIL = "verified_email"
    EMAIL = "email"
    GUESS = "guess"


class Tone(StrEnum):
    """What a status means for the reader; never told by colour alone."""

    GOOD = "good"
    NEUTRAL = "neutral"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Action:
    """Something that can be done to a charge, a subscription, an invoice or for a customer.

    Attributes:
        kind: the action's name, as the gateways' capabilities have it (`refund`, `charge` …).
        label: the deed, as a verb.
        is_allowed: whether it can be asked for right now.
        reason: why not, or what will be needed (an approval); empty otherwise.
    """

    kind: str
    label: str
    is_allowed: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time: `text` relative or short, `exact` with its zone, `iso` for programs."""

    text: str
    exact: str
    iso: str


@dataclass(frozen=True, slots=True)
class Badge:
    """A short word with a tone, such as a status."""

    code: str
    text: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Total:
    """What was paid and refunded in one currency, over the customer's life."""

    currency: str
    paid: str
    refunded: str
    paid_minor: int
    refunded_minor: int


@dataclass(frozen=True, slots=True)
class Alert:
    """What the agent must not miss: dispute, fraud, failed payment, what ends soon."""

    code: str
    text: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class ChargeLine:
    """One charge in the list.

    `open_order` says that someone's order on it is not settled yet, and whose. `notes` tell of the
    other record of a purchase known twice, `unoffered` why what one may look for cannot be done.
    """

    id: str
    amount: str
    amount_minor: int
    currency: str
    status: Badge
    when: Moment
    title: str
    descriptor: str
    method: str
    refunded: str
    open_order: str
    gateway: str
    external_id: str
    actions: tuple[Action, ...]
    notes: tuple[str, ...] = ()
    unoffered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SubscriptionLine:
    """One subscription: plan, price, state, and what happens next."""

    id: str
    plan: str
    price: str
    status: Badge
    next_text: str
    open_order: str
    gateway: str
    external_id: str
    actions: tuple[Action, ...]
    unoffered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """An invoice that waits for money."""

    id: str
    number: str
    due: str
    status: Badge
    when: Moment
    url: str
    actions: tuple[Action, ...] = ()
    unoffered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordLine:
    """One gateway's record of the person, with what can be done for them there.

    `gateway` tells it from the others; `open_order` says that someone's order is not settled yet.
    """

    id: str
    gateway: str
    external_id: str
    open_order: str
    actions: tuple[Action, ...]
    unoffered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of several people who could be meant, with what tells them apart."""

    customer_id: str
    name: str
    email: str
    facts: str


@dataclass(frozen=True, slots=True)
class Alike:
    """Somebody else who may be this person: where they are known, and by what name and address."""

    customer_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Joined:
    """Somebody who was made one with this person; `text` says by whom and when."""

    merge_id: str
    who: str
    text: str
    when: Moment
    can_undo: bool


@dataclass(frozen=True, slots=True)
class Person:
    """Who it is. `grade_text`: how we know; `asks_first`: money waits for a confirmation."""

    customer_id: str
    name: str
    email: str
    grade: MatchGrade
    grade_text: str
    asks_first: bool
    gateways: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Viewer:
    """The agent who looks. `read_only_reason` is empty for one who may act."""

    name: str
    read_only_reason: str


@dataclass(frozen=True, slots=True)
class Card:
    """Facts plus the actions allowed right now.

    Without a `person` either `candidates` lists who could be meant, or nobody was found. `alike`
    are others who may be the person, for an agent who may join them.
    `banners` tell of gateways in trouble; then actions are off, with the reason. `version` changes
    when anything but the passing of time does.
    """

    language: str
    made_at: datetime
    viewer: Viewer
    person: Person | None
    candidates: tuple[Candidate, ...] = ()
    searched_for: str = ""
    totals: tuple[Total, ...] = ()
    alerts: tuple[Alert, ...] = ()
    alike: tuple[Alike, ...] = ()
    joined: tuple[Joined, ...] = ()
    banners: tuple[str, ...] = ()
    charges: tuple[ChargeLine, ...] = ()
    charge_count: int = 0
    records: tuple[RecordLine, ...] = ()
    subscriptions: tuple[SubscriptionLine, ...] = ()
    open_invoices: tuple[InvoiceLine, ...] = ()
    synced: Moment | None = None
    version: str = ""
