"""Connections: which gateway accounts there are, and how far their history has been read."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from api.parameters import query_input
from api.schema import reading
from api.v1 import formats
from api.v1.actions import NoInput
from api.v1.known import as_uuid, unknown
from api.v1.shapes import CONNECTIONS, PROGRESS
from api.v1.view import V1View, in_tenant_scope
from chargedesk.sync.selectors import connection_progress
from chargedesk.tenants.models import Connection
from chargedesk.tenants.selectors import gateway_connections


class ConnectionsView(V1View):
    """GET /v1/connections."""

    @reading("listConnections", "List connections", asked=NoInput, row=CONNECTIONS, may_miss=False)
    @in_tenant_scope
    def get(self, request: Request) -> Response:
        """The gateway accounts of the company; `id` is what other objects call `gateway_id`."""
        query_input(NoInput, request)
        rows = gateway_connections().defer("credentials", "webhook_secrets")
        return Response({"object": "list", "data": [_connection_json(row) for row in rows]})


class ProgressView(V1View):
    """GET /v1/connections/{connection_id}/progress."""

    @reading("getProgress", "How far the reading is", asked=NoInput, row=PROGRESS)
    @in_tenant_scope
    def get(self, request: Request, connection_id: str) -> Response:
        """How a connection's reading stands; figures that cannot be told are null."""
        query_input(NoInput, request)
        found = as_uuid(connection_id)
        if found is None:
            raise unknown()
        progress = asdict(connection_progress(found))
        return Response({"object": "progress", **_plain(progress)})


def _connection_json(row: Connection) -> dict[str, Any]:
    return {
        "object": "connection",
        "id": str(row.id),
        "gateway": row.provider,
        "label": row.label,
        "account_id": row.account_id,
        "is_live": row.is_live,
        "state": row.state,
        "state_reason": formats.text(row.state_reason),
        "last_event_at": formats.unix(row.last_event_at),
    }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return formats.unix(value) if isinstance(value, datetime) else value
