"""Verifies and parses what a generic helpdesk sends us."""

import json
from collections.abc import Sequence
from datetime import datetime

from helpdesk_apps.contract import HelpdeskCredentials, HelpdeskEvent, InboundRequest
from helpdesk_apps.errors import ContextError
from helpdesk_apps.generic.signing import check_signature


def parse_events(
    credentials: HelpdeskCredentials, request: InboundRequest
) -> Sequence[HelpdeskEvent]:
    """One event per request, `{"id", "type", "ticket_id", "occurred_at", …}`, signed in headers."""
    check_signature(
        credentials.values.get("secret", ""),
        timestamp=request.headers.get("x-chargedesk-timestamp", ""),
        payload=request.body,
        signed=request.headers.get("x-chargedesk-signature", ""),
        now=request.received_at,
    )
    try:
        plain = json.loads(request.body)
        return [
            HelpdeskEvent(
                event_id=str(plain["id"]),
                type=str(plain["type"]),
                ticket_id=str(plain["ticket_id"]),
                occurred_at=datetime.fromisoformat(plain["occurred_at"]),
                customer_email=str(plain.get("customer_email", "")).lower(),
                text=str(plain.get("text", "")),
            )
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise ContextError(
            "An event needs id, type, ticket_id and occurred_at (ISO 8601)."
        ) from error
