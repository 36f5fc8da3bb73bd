"""Any helpdesk of your own: it signs a small context, we answer with the panel. Also the demo's."""

from collections.abc import Mapping, Sequence

from helpdesk_apps.contract import (
    Card,
    HelpdeskCapabilities,
    HelpdeskCredentials,
    HelpdeskEvent,
    HelpdeskSettingsField,
    InboundRequest,
    NewTicket,
    Note,
    TicketContext,
)
from helpdesk_apps.errors import HelpdeskUnsupportedError
from helpdesk_apps.generic.client import post_note, post_ticket
from helpdesk_apps.generic.identity import verify_context
from helpdesk_apps.generic.webhooks import parse_events


class GenericHelpdesk:
    """A helpdesk that signs with a shared secret (see NOTES.md for the scheme)."""

    name = "generic"
    label = "Your own helpdesk"
    settings_fields = (
        HelpdeskSettingsField(
            name="secret",
            label="Signing secret",
            help="Your helpdesk signs the context of a ticket with it; at least 32 characters.",
            is_secret=True,
        ),
        HelpdeskSettingsField(
            name="origins",
            label="Pages that show the panel",
            help="Origins such as https://desk.example, separated by spaces.",
        ),
        HelpdeskSettingsField(
            name="note_url",
            label="Address for internal notes",
            help="We POST offered notes here, signed. Leave empty for none.",
            is_required=False,
        ),
        HelpdeskSettingsField(
            name="ticket_url",
            label="Address for new tickets",
            help="We POST new tickets here, signed. Leave empty for none.",
            is_required=False,
        ),
    )
    capabilities = HelpdeskCapabilities(
        signs_agent=True,
        signs_customer=True,
        adds_notes=True,
        creates_tickets=True,
        sends_webhooks=True,
        inserts_reply=True,
        note_fields=("note_url",),
    )

    def verify_caller(
        self, credentials: HelpdeskCredentials, request: InboundRequest
    ) -> TicketContext:
        """Who opens the panel beside what ticket, proven."""
        return verify_context(credentials, request)

    def frame_ancestors(self, credentials: HelpdeskCredentials) -> Sequence[str]:
        """The configured origins."""
        return credentials.values.get("origins", "").split()

    def add_note(self, credentials: HelpdeskCredentials, note: Note) -> str:
        """Add an internal note where an address is configured."""
        return post_note(credentials, note)

    def create_ticket(self, credentials: HelpdeskCredentials, ticket: NewTicket) -> str:
        """Make a ticket where an address is configured."""
        return post_ticket(credentials, ticket)

    def parse_webhook(
        self, credentials: HelpdeskCredentials, request: InboundRequest
    ) -> Sequence[HelpdeskEvent]:
        """Verify and parse one signed event."""
        return parse_events(credentials, request)

    def draw(self, card: Card) -> Mapping[str, object]:
        """Refuse: the panel is our own page."""
        raise HelpdeskUnsupportedError("This helpdesk shows our own page and draws nothing.")


ADAPTER = GenericHelpdesk()
