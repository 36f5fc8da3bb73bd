"""What a caller hands in to have money moved."""

import hashlib
import json
from dataclasses import dataclass
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
        object_id: our id of the charge, or of the subscription for a cancellation.
        amount: of a refund or capture; None means all that is left, and becomes an amount (M1).
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
    client_key: str = ""
    money_version: int | None = None

    @property
    def fingerprint(self) -> str:
        """The same for two requests that wish the same thing."""
        wish = [
            self.action.value,
            str(self.object_id),
            str(self.amount) if self.amount else "all",
            self.at_period_end,
        ]
        return hashlib.sha256(json.dumps(wish).encode()).hexdigest()
