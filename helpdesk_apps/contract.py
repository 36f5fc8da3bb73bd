"""The contract between the product and a helpdesk adapter.

An adapter is stateless: credentials in, plain values out. It never sees a model, a tenant or a
policy, raises only the errors of `helpdesk_apps.errors`, and never retries by itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Protocol

from helpdesk_apps.card import Card

__all__ = [
    "Card",
    "HelpdeskAdapter",
    "HelpdeskCapabilities",
    "HelpdeskCredentials",
    "HelpdeskEvent",
    "HelpdeskSettingsField",
    "InboundRequest",
    "NewTicket",
    "Note",
    "TicketContext",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpdeskSettingsField:
    """One field of the connect form; form, redaction and encrypted column follow from it."""

    name: str
    label: str
    help: str = ""
    is_secret: bool = False
    is_required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpdeskCredentials:
    """What one helpdesk connection was given, by settings field name."""

    values: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundRequest:
    """A request from the helpdesk, frozen. `headers`: lower-case names; `body`: raw bytes."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketContext:
    """What the helpdesk says about the ticket on screen, verified.

    Attributes:
        ticket_id: the helpdesk's own; empty outside a ticket.
        agent_email: the agent who looks; empty where the helpdesk signs no agent.
        customer_email: who wrote; `is_customer_verified` if the helpdesk vouches for the address.
        customer_external_id: the tenant's own id of the customer, signed.
        language: of the agent's screen, as a language tag; empty if unknown.
        ticket_language: of the conversation, for texts to the customer.
    """

    ticket_id: str
    agent_email: str
    agent_name: str = ""
    customer_email: str = ""
    customer_name: str = ""
    is_customer_verified: bool = False
    customer_external_id: str = ""
    language: str = ""
    ticket_language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTicket:
    """A ticket to be made on behalf of a customer. `key` makes a repeated call harmless."""

    key: str
    subject: str
    text: str
    customer_email: str
    customer_name: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """An internal note on a ticket, plain text. `key` makes a repeated call harmless."""

    key: str
    ticket_id: str
    text: str
    author_email: str = ""
    author_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpdeskEvent:
    """News from the helpdesk. `event_id` is unique per connection."""

    event_id: str
    type: str
    ticket_id: str
    occurred_at: datetime
    customer_email: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpdeskCapabilities:
    """What a helpdesk can do, as data.

    Attributes:
        signs_agent: the agent's identity is proven; without it agents are paired once.
        signs_customer: the customer's address is covered by the signature.
        draws_canvas: the vendor draws the panel itself, from the card.
        note_fields: settings that must be filled for notes to work.
    """

    signs_agent: bool
    signs_customer: bool
    adds_notes: bool
    creates_tickets: bool
    sends_webhooks: bool
    draws_canvas: bool = False
    inserts_reply: bool = False
    note_fields: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """The declaration as JSON values."""
        return asdict(self) | {"note_fields": list(self.note_fields)}


class HelpdeskAdapter(Protocol):
    """What every folder under `helpdesk_apps/` provides as `ADAPTER`."""

    name: str
    label: str
    settings_fields: Sequence[HelpdeskSettingsField]
    capabilities: HelpdeskCapabilities

    def verify_caller(
        self, credentials: HelpdeskCredentials, request: InboundRequest
    ) -> TicketContext:
        """Who opens the panel beside what ticket, proven. IdentityError, ContextError."""
        ...

    def frame_ancestors(self, credentials: HelpdeskCredentials) -> Sequence[str]:
        """Origins that may frame the panel; empty for none."""
        ...

    def add_note(self, credentials: HelpdeskCredentials, note: Note) -> str:
        """Add an internal note and return its id, or an empty text. HelpdeskError."""
        ...

    def create_ticket(self, credentials: HelpdeskCredentials, ticket: NewTicket) -> str:
        """Make a ticket and return its id. HelpdeskError."""
        ...

    def parse_webhook(
        self, credentials: HelpdeskCredentials, request: InboundRequest
    ) -> Sequence[HelpdeskEvent]:
        """Verify on the raw body, then parse. IdentityError, ContextError."""
        ...

    def draw(self, card: Card) -> Mapping[str, object]:
        """The card in the vendor's components. HelpdeskUnsupportedError where it draws none."""
        ...
