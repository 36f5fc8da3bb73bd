"""Actions: follow an order until it is settled."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from api.parameters import StrictInput, query_input
from api.schema import reading
from api.v1.action_output import action_json
from api.v1.known import as_uuid, unknown
from api.v1.shapes import ACTION
from api.v1.view import V1View, in_tenant_scope
from chargedesk.actions.intents import find_intent


class NoInput(StrictInput):
    """Takes no parameters."""


class ActionView(V1View):
    """GET /v1/actions/{action_id}."""

    @reading("getAction", "One action", asked=NoInput, row=ACTION)
    @in_tenant_scope
    def get(self, request: Request, action_id: str) -> Response:
        """Where an order stands."""
        query_input(NoInput, request)
        return Response(action_json(find_intent(_known_id(action_id))))


def _known_id(text: str) -> UUID:
    found = as_uuid(text)
    if found is None:
        raise unknown()
    return found
