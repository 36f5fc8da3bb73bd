"""Who a call with a key is, to the action engine and the audit log."""

from rest_framework.request import Request

from api.v1.view import caller_key
from audit.services import Actor
from chargedesk.actions.requests import Requester


def requester(request: Request) -> Requester:
    """The key as the one who orders. It has no undo delay: nobody sits there to take it back."""
    key = caller_key(request)
    return Requester(
        actor=Actor(
            kind="api_key",
            id=str(key.id),
            label=key.name,
            ip=request.META.get("REMOTE_ADDR") or None,
        ),
        credential=f"key:{key.id}",
        role=key.role,
        is_unlimited=key.is_unlimited,
    )
