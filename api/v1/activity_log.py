"""The activity log: who did what, from the audit log."""

import json
from collections.abc import Sequence
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from api.pagination import PageInput, page_of, window
from api.parameters import TimeRange, query_input, time_conditions
from api.schema import listing
from api.v1 import formats
from api.v1.shapes import ACTIVITY
from api.v1.view import V1View, in_tenant_scope
from audit.models import AuditEvent
from audit.sentences import sentence


class ActivityFilters(PageInput):
    """Which part of the log."""

    occurred = TimeRange(required=False)


class ActivityView(V1View):
    """GET /v1/log/activity."""

    @listing("listActivity", "What people and keys did", filters=ActivityFilters, row=ACTIVITY)
    @in_tenant_scope
    def get(self, request: Request) -> Response:
        """Entries, newest first."""
        filters = query_input(ActivityFilters, request)
        bounds = time_conditions("at", filters.get("occurred"))
        rows = AuditEvent.objects.filter(**bounds).order_by("-seq")
        return Response(page_of(rows, window(filters), entries_json))


def entries_json(rows: Sequence[AuditEvent]) -> list[dict[str, Any]]:
    """Every entry as v1 writes it."""
    return [_entry_json(row) for row in rows]


def _entry_json(row: AuditEvent) -> dict[str, Any]:
    return {
        "occurred": formats.unix(row.at),
        "object_type": row.object_kind,
        "object_id": row.object_id,
        "event": row.verb,
        "action_type": str(row.details.get("action") or row.verb.partition(".")[0]),
        "action_reason": row.reason,
        "action_params": bool(row.details),
        "description": sentence(row),
        "sub_description": str(row.details.get("note") or ""),
        "context": row.on_behalf_of,
        "params": json.dumps(row.details, ensure_ascii=False, sort_keys=True),
        "source": row.actor_kind,
        "ip": row.ip or "",
        "company": str(row.tenant_id),
    }
