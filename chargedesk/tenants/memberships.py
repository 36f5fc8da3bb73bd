"""Which tenants a user belongs to; read before any tenant is known."""

from uuid import UUID

from chargedesk.base import scoping
from chargedesk.tenants.models import Member


def memberships_of(user_id: UUID) -> list[Member]:
    """The user's active memberships with their tenants, oldest tenant first; one statement."""
    with scoping.lookup(str(user_id)):
        return list(
            Member.objects.select_related("tenant", "user")
            .filter(user_id=user_id, is_active=True)
            .order_by("created_at")
        )
