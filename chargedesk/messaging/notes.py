"""Internal notes on tickets: offered by us, sent by an agent's click, kept in the audit log."""

from audit.services import Actor, record
from audit.verbs import Verb
from chargedesk.base import scoping
from chargedesk.messaging.helpdesks import HelpdeskLink
from helpdesk_apps.contract import Note


def add_offered_note(link: HelpdeskLink, note: Note, *, actor: Actor) -> str:
    """Add a note through the helpdesk's adapter and return its id; call it outside any scope.

    `note.key` makes a repeated call harmless. Raises HelpdeskError; then nothing is recorded.
    """
    note_id = link.adapter.add_note(link.credentials, note)
    with scoping.tenant(link.connection.tenant_id):
        record(
            Verb.NOTE_OFFERED,
            actor=actor,
            object_kind="ticket",
            object_id=f"{link.connection.provider}:{note.ticket_id}",
            result="added",
            details={"key": note.key, "note": note_id},
        )
    return note_id
