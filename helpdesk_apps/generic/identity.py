"""Verifies the signed context of the generic helpdesk and reads it."""

import json
from typing import Any
from urllib.parse import parse_qs

from helpdesk_apps.contract import HelpdeskCredentials, InboundRequest, TicketContext
from helpdesk_apps.errors import ContextError, IdentityError
from helpdesk_apps.generic.signing import check_signature

LONGEST_CONTEXT = 8_000
LONGEST_VALUE = 254


def verify_context(credentials: HelpdeskCredentials, request: InboundRequest) -> TicketContext:
    """Take `context`, `timestamp` and `signature` from a posted form, or from the query."""
    source = request.body.decode("utf-8", "replace") if request.method == "POST" else request.query
    fields = parse_qs(source, max_num_fields=20)
    try:
        (context,), (timestamp,), (signed,) = (
            fields[name] for name in ("context", "timestamp", "signature")
        )
    except (KeyError, ValueError) as error:
        raise IdentityError(
            "Open this panel from your helpdesk: the signed context is missing."
        ) from error
    payload = context.encode()
    check_signature(
        credentials.values.get("secret", ""),
        timestamp=timestamp,
        payload=payload,
        signed=signed,
        now=request.received_at,
    )
    return _read_context(payload)


def _read_context(payload: bytes) -> TicketContext:
    try:
        plain = json.loads(payload) if len(payload) <= LONGEST_CONTEXT else None
    except ValueError:
        plain = None
    if not isinstance(plain, dict):
        raise ContextError("The context must be a JSON object of at most 8 kB.")
    ticket, agent, customer = (_part(plain, name) for name in ("ticket", "agent", "customer"))
    return TicketContext(
        ticket_id=_text(ticket, "id"),
        ticket_language=_text(ticket, "language"),
        agent_email=_text(agent, "email").lower(),
        agent_name=_text(agent, "name"),
        customer_email=_text(customer, "email").lower(),
        customer_name=_text(customer, "name"),
        customer_external_id=_text(customer, "external_id"),
        is_customer_verified=customer.get("email_verified") is True,
        language=_text(plain, "language"),
    )


def _part(plain: dict[str, Any], name: str) -> dict[str, Any]:
    part = plain.get(name, {})
    if not isinstance(part, dict):
        raise ContextError(f"“{name}” in the context must be an object.")
    return part


def _text(part: dict[str, Any], name: str) -> str:
    value = part.get(name)
    if value is None:
        return ""
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise ContextError(f"“{name}” in the context must be a text.")
    return str(value).strip()[:LONGEST_VALUE]
