"""What a caller hands in to have money moved."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from audit.services import Actor
from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Requester:
    """Who orders.

    Attributes:
        actor: for the audit log, with the ticket it is done on behalf of.
        credential: `member:<id>` or `key:<id>`; client keys are unique within it (M2).
        role: decides rights and limits.
        is_unlimited: no limit, no approval, no undo delay (an API key of the tenant's own system).
        undo_seconds: how long the order can be taken back before it is sent.
    """

    actor: Actor
    credential: str
    role: str
    is_unlimited: bool = False
    undo_seconds: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRequest:
    """One wish.

    Attributes:
        object_id: our id of what the action is about (`subjects.ABOUT`).
        amount: of a refund or capture; None means all that is left, and becomes an amount (M1). Of
            what takes money it must be said.
        details: what else the action needs, as `Order.details` has it; what is left out is filled
            in by `details.resolved_details`.
        reason: our reason code (`policy.REASONS`); note: the person's words.
        client_key: the caller's key for this one wish; empty for callers without one (M15).
        money_version: of the root shown in the preview (M14); None for callers without one.
    """

    tenant_id: UUID
    action: ActionKind
    object_id: UUID
    requester: Requester
    amount: Money | None = None
    reason: str = ""
    note: str = ""
    at_period_end: bool = False
    details: Mapping[str, Any] = field(default_factory=dict)
    client_key: str = ""
    money_version: int | None = None

    @property
    def fingerprint(self) -> str:
        """The same for two requests that wish the same thing, whatever they say of why (M15)."""
        wish: list[object] = [
            self.action.value,
            str(self.object_id),
            str(self.amount) if self.amount else "all",
            self.at_period_end,
        ]
        # Client keys never expire (M2): an order without details keeps the fingerprint it had.
        wish += [dict(self.details)] if self.details else []
        return hashlib.sha256(json.dumps(wish, sort_keys=True).encode()).hexdigest()
