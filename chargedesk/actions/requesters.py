"""Who ordered an intent, and what they may do by now."""

from audit.services import Actor
from chargedesk.actions.models import ActionIntent
from chargedesk.actions.requests import Requester
from chargedesk.tenants.models import ApiKey, Member
from chargedesk.tenants.roles import Role


def requester_actor(intent: ActionIntent) -> Actor:
    """The person or key that ordered it, as the audit log names them."""
    return Actor(
        kind=intent.actor_kind,
        id=intent.actor_id,
        label=intent.actor_label,
        on_behalf_of=intent.on_behalf_of,
        ip=intent.ip,
    )


def requester_now(intent: ActionIntent) -> Requester:
    """The requester with today's role: who left, or whose key was revoked, orders nothing (M17)."""
    return Requester(
        actor=requester_actor(intent),
        credential=f"{intent.actor_kind}:{intent.actor_id}",
        role=_role_now(intent),
        is_unlimited=intent.is_unlimited,
    )


def _role_now(intent: ActionIntent) -> str:
    if intent.actor_kind == "member":
        member = Member.objects.filter(pk=intent.actor_id, is_active=True).first()
        return member.role if member else Role.VIEWER
    if intent.actor_kind == "api_key":
        key = ApiKey.objects.filter(pk=intent.actor_id, revoked_at=None).first()
        return key.role if key else Role.VIEWER
    return intent.actor_role
