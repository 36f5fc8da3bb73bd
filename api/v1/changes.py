"""The change feed: every created or changed object in commit order, never skipping one."""

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.parameters import StrictInput, query_input
from api.schema import reading
from api.v1.shapes import CHANGES
from api.v1.view import V1View, in_tenant_scope
from chargedesk.ledger.changes import changes_after


class ChangesInput(StrictInput):
    """Where to go on."""

    after = serializers.CharField(
        required=False, max_length=100, help_text="The cursor of the last answer; none: the start."
    )
    limit = serializers.IntegerField(min_value=1, max_value=1000, default=100)


class ChangesView(V1View):
    """GET /v1/changes."""

    @reading("listChanges", "What changed", asked=ChangesInput, row=CHANGES, may_miss=False)
    @in_tenant_scope
    def get(self, request: Request) -> Response:
        """Changes after a cursor. Keep `cursor` and come back with it, even from an empty page."""
        asked = query_input(ChangesInput, request)
        page = changes_after(asked.get("after", ""), asked["limit"])
        data = [
            {
                "object": change.object,
                "id": str(change.object_id),
                "is_new": change.is_new,
                "cursor": change.cursor,
            }
            for change in page.changes
        ]
        return Response({"object": "list", "cursor": page.cursor, "data": data})
