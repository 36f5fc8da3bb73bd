"""What a bearer stands for right now: role, settings, gateways; read in one statement."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.conf import settings

from audit.services import Actor
from chargedesk.actions.requests import Requester
from chargedesk.base import single
from chargedesk.base.prepared import Prepared
from chargedesk.sidebar.bearer import Bearer, BearerError
from chargedesk.tenants.models import ConnectionState
from chargedesk.tenants.roles import Right, has_right

_SESSION = Prepared(
    """
SELECT t.name, t.time_zone, t.language, t.undo_seconds, t.money_paused_reason,
       h.provider, h.state,
       m.role, u.id, u.name, u.email, u.language,
       (SELECT json_agg(json_build_object(
            'id', g.id, 'provider', g.provider, 'label', g.label, 'state', g.state,
            'is_live', g.is_live, 'functions', g.functions,
            'heard_at', greatest(g.last_event_at, g.last_read_at)))
          FROM tenants_connection g
         WHERE g.tenant_id = h.tenant_id AND g.kind = 'gateway' AND g.state <> 'removed'),
       (SELECT json_agg(o) FROM (
            SELECT a.subject_id, a.action, a.state, a.actor_id, a.actor_label AS who
              FROM actions_actionintent a
             WHERE a.tenant_id = h.tenant_id
               AND a.state IN ('ready', 'executing', 'unknown', 'awaiting_approval')
             ORDER BY a.created_at DESC LIMIT 200) o)
  FROM tenants_connection h
  JOIN tenants_tenant t ON t.id = h.tenant_id
  LEFT JOIN tenants_member m
         ON m.tenant_id = h.tenant_id AND m.id = %(member)s AND m.is_active
  LEFT JOIN tenants_user u ON u.id = m.user_id AND u.is_active
 WHERE h.id = %(connection)s AND h.tenant_id = %(tenant)s
""",
    {"member": "uuid", "connection": "uuid", "tenant": "uuid"},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayLink:
    """One gateway connection.

    `heard_at`: when it last told us anything. `functions`: addresses of the tenant's own system.
    """

    id: UUID
    provider: str
    label: str
    state: str
    is_live: bool
    heard_at: datetime | None
    functions: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_in_trouble(self) -> bool:
        """Whether nothing can be sent through it."""
        return self.state != ConnectionState.ACTIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOrder:
    """Somebody's order that is not settled yet."""

    action: str
    state: str
    actor_id: str
    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelSession:
    """The agent, the tenant and its gateways. `role` is empty for an agent who is no member.

    `open_orders`: by money root or subscription, so that nobody starts what another is doing (R5).
    """

    bearer: Bearer
    tenant_name: str
    zone: str
    language: str
    tenant_language: str
    undo_seconds: int
    money_paused_reason: str
    helpdesk: str
    role: str
    user_id: str
    agent_name: str
    agent_email: str
    gateways: dict[UUID, GatewayLink]
    open_orders: dict[UUID, OpenOrder]

    # DRF and its permission classes look for this.
    is_authenticated = True

    @property
    def tenant_id(self) -> UUID:
        """The tenant."""
        return self.bearer.tenant_id

    def may(self, right: Right) -> bool:
        """Whether this agent may do `right`."""
        return bool(self.role) and has_right(self.role, right)

    def requester(self, *, ip: str | None) -> Requester:
        """This agent, as one who orders."""
        return Requester(
            actor=self.actor(ip=ip),
            credential=f"member:{self.bearer.member}",
            role=self.role,
            undo_seconds=self.undo_seconds,
        )

    def actor(self, *, ip: str | None) -> Actor:
        """This agent, for the audit log, with the ticket it acts for (R14)."""
        ticket = f"{self.helpdesk}:{self.bearer.ticket}" if self.bearer.ticket else ""
        return Actor(
            kind="member",
            id=self.bearer.member,
            label=self.agent_name or self.agent_email,
            on_behalf_of=ticket,
            ip=ip,
        )


def panel_session(bearer: Bearer) -> PanelSession:
    """Read what the bearer stands for. As the outermost scope; BearerError if it ended."""
    rows = single.run_for_tenant(
        bearer.tenant_id,
        _SESSION,
        {
            "member": bearer.member or None,
            "connection": bearer.connection,
            "tenant": bearer.tenant,
        },
    )
    row = rows[0] if rows else None
    if row is None or row[6] != ConnectionState.ACTIVE:
        raise BearerError("This helpdesk is no longer connected.")
    is_member = row[8] is not None
    return PanelSession(
        bearer=bearer,
        tenant_name=row[0],
        zone=row[1],
        language=first_known(row[11] or "", bearer.language, row[2]),
        tenant_language=row[2],
        undo_seconds=row[3],
        money_paused_reason=row[4],
        helpdesk=row[5],
        role=row[7] if is_member else "",
        user_id=str(row[8] or ""),
        agent_name=row[9] or bearer.agent_name,
        agent_email=row[10] or bearer.agent_email,
        gateways={link.id: link for link in map(_gateway, _json(row[12]) or [])},
        open_orders=dict(map(_open_order, _json(row[13]) or [])),
    )


def _gateway(plain: dict[str, Any]) -> GatewayLink:
    plain["id"] = UUID(plain["id"])
    heard_at = plain["heard_at"]
    plain["heard_at"] = datetime.fromisoformat(heard_at) if heard_at else None
    return GatewayLink(**plain)


def _open_order(plain: dict[str, Any]) -> tuple[UUID, OpenOrder]:
    return UUID(plain.pop("subject_id")), OpenOrder(**plain)


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def first_known(*wanted: str) -> str:
    """The first of these language tags that we speak; English if there is none."""
    for tag in wanted:
        lower = tag.lower().replace("_", "-")
        for code in (lower, lower.split("-")[0], _COUNTRY_FORMS.get(lower, "")):
            if code in known_languages():
                return code
    return "en"


@cache
def known_languages() -> frozenset[str]:
    """The languages we speak."""
    return frozenset(code for code, _name in settings.LANGUAGES)


_COUNTRY_FORMS = {"pt": "pt-br"}
