"""A worker's lease on one order, with all that it needs outside any transaction (M3)."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from chargedesk.actions.acceptance import order_from_json, steps_from_json
from chargedesk.actions.models import SENT_AND_OPEN, ActionIntent
from chargedesk.actions.routes import functions_for
from chargedesk.kit import ids
from chargedesk.tenants.credentials import gateway_credentials
from gateways.contract import Credentials, FrozenStep, GatewayAdapter, Order
from gateways.routing import adapter_for


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A claimed order: whose, under which lease, and the frozen calls.

    `stored_as_of` is the time of the newest picture stored before sending: the answer is newer,
    even where the provider's clock, which knows whole seconds only, cannot tell.
    """

    tenant_id: UUID
    intent_id: UUID
    connection_id: UUID
    token: UUID
    adapter: GatewayAdapter
    credentials: Credentials
    order: Order
    steps: tuple[FrozenStep, ...]
    stored_as_of: datetime | None = None

    @property
    def sender(self) -> str:
        """Tells credentials apart without telling them: some gateways know a key by its sender."""
        opened_by = json.dumps([sorted(self.credentials.values.items()), self.credentials.api_base])
        return hashlib.sha256(f"{self.intent_id}{opened_by}".encode()).hexdigest()[:32]


def lease(intent: ActionIntent, now: datetime) -> Claim:
    """Give a locked order to this worker for longer than its call can last."""
    intent.lease_token = ids.new_id()
    intent.lease_until = now + timedelta(seconds=settings.ACTION_LEASE_S)
    intent.save(update_fields=["state", "lease_token", "lease_until"])
    return Claim(
        tenant_id=intent.tenant_id,
        intent_id=intent.id,
        connection_id=intent.connection_id,
        token=intent.lease_token,
        adapter=adapter_for(intent.connection.provider, functions_for(intent)),
        credentials=gateway_credentials(intent.connection),
        order=order_from_json(intent.order),
        steps=steps_from_json(intent.steps),
    )


def is_busy(intent: ActionIntent) -> bool:
    """Whether another order of the same root is at the provider (M10)."""
    rows = ActionIntent.objects.filter(subject_id=intent.subject_id, state__in=SENT_AND_OPEN)
    return rows.exclude(pk=intent.id).exists()
