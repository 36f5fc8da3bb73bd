"""The five roles and what each may do: one table, read by views, policy and tests."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a member is to a tenant."""

    OWNER = "owner", _("Owner")
    ADMIN = "admin", _("Administrator")
    FINANCE = "finance", _("Finance")
    AGENT = "agent", _("Support agent")
    VIEWER = "viewer", _("Viewer")


class Right(models.TextChoices):
    """What a role can be allowed to do."""

    SEE_BILLING = "see_billing", _("See customers and their billing")
    MOVE_MONEY = "move_money", _("Refund, capture, void and cancel")
    APPROVE = "approve", _("Approve what others ask for")
    RESOLVE_UNKNOWN = "resolve_unknown", _("Settle orders with an unknown outcome")
    SEE_FINANCE = "see_finance", _("See revenue, reports and the audit log")
    LINK_CUSTOMERS = "link_customers", _("Link and separate customers")
    MANAGE_CONNECTIONS = "manage_connections", _("Connect gateways and helpdesks")
    MANAGE_MEMBERS = "manage_members", _("Invite members, set roles and limits")
    MANAGE_API_KEYS = "manage_api_keys", _("Make and revoke API keys")


_EVERYTHING = frozenset(Right)

RIGHTS: dict[Role, frozenset[Right]] = {
    Role.OWNER: _EVERYTHING,
    Role.ADMIN: _EVERYTHING,
    Role.FINANCE: frozenset(
        {
            Right.SEE_BILLING,
            Right.MOVE_MONEY,
            Right.APPROVE,
            Right.RESOLVE_UNKNOWN,
            Right.SEE_FINANCE,
            Right.LINK_CUSTOMERS,
        }
    ),
    Role.AGENT: frozenset({Right.SEE_BILLING, Right.MOVE_MONEY, Right.LINK_CUSTOMERS}),
    Role.VIEWER: frozenset({Right.SEE_BILLING}),
}


def has_right(role: str, right: Right) -> bool:
    """Whether a member with `role` may do `right`."""
    return right in RIGHTS[Role(role)]
