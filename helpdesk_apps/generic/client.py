"""Calls the helpdesk back: signed POSTs to the addresses its owner configured."""

import json
from collections.abc import Mapping
from http import HTTPStatus

import requests

from chargedesk.kit import clock
from helpdesk_apps.contract import HelpdeskCredentials, NewTicket, Note
from helpdesk_apps.errors import (
    HelpdeskCredentialsError,
    HelpdeskRefusedError,
    HelpdeskUnavailableError,
    HelpdeskUnsupportedError,
)
from helpdesk_apps.generic.signing import signature

TIMEOUT_S = (3.0, 8.0)


def post_note(credentials: HelpdeskCredentials, note: Note) -> str:
    """POST `{"type": "note", …}` to `note_url`; returns the answer's `id`."""
    return _post(
        credentials,
        field="note_url",
        message={
            "type": "note",
            "key": note.key,
            "ticket_id": note.ticket_id,
            "text": note.text,
            "author": {"email": note.author_email, "name": note.author_name},
        },
    )


def post_ticket(credentials: HelpdeskCredentials, ticket: NewTicket) -> str:
    """POST `{"type": "ticket", …}` to `ticket_url`; returns the answer's `id`."""
    return _post(
        credentials,
        field="ticket_url",
        message={
            "type": "ticket",
            "key": ticket.key,
            "subject": ticket.subject,
            "text": ticket.text,
            "customer": {"email": ticket.customer_email, "name": ticket.customer_name},
            "tags": list(ticket.tags),
        },
    )


def _post(credentials: HelpdeskCredentials, *, field: str, message: Mapping[str, object]) -> str:
    url = credentials.values.get(field, "")
    if not url:
        raise HelpdeskUnsupportedError(f"This helpdesk connection has no {field}.")
    body = json.dumps(message, ensure_ascii=False).encode()
    timestamp = int(clock.now().timestamp())
    headers = {
        "Content-Type": "application/json",
        "X-ChargeDesk-Timestamp": str(timestamp),
        "X-ChargeDesk-Signature": signature(
            credentials.values.get("secret", ""), timestamp=timestamp, payload=body
        ),
    }
    try:
        answer = requests.post(
            url, data=body, headers=headers, timeout=TIMEOUT_S, allow_redirects=False
        )
    except requests.RequestException as error:
        raise HelpdeskUnavailableError("The helpdesk did not answer.") from error
    _raise_refusal(answer.status_code)
    return _answered_id(answer)


def _raise_refusal(status: int) -> None:
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise HelpdeskCredentialsError("The helpdesk does not accept our signature.")
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise HelpdeskUnavailableError("The helpdesk is in trouble right now.")
    if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        raise HelpdeskRefusedError("The helpdesk refused it.")


def _answered_id(answer: requests.Response) -> str:
    try:
        plain = answer.json()
    except ValueError:
        return ""
    return str(plain.get("id") or "") if isinstance(plain, dict) else ""
