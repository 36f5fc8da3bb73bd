"""Writing the audit log: one call, in the transaction of what it tells of."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from audit.chain import GENESIS, entry_hash
from audit.models import AuditEvent, AuditHead
from audit.seal import seal
from audit.verbs import Verb
from chargedesk.base import scoping
from chargedesk.kit import clock, ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who does something.

    Attributes:
        kind: `member`, `api_key`, `customer`, `system` or `provider`.
        id: the member's or key's id, or a name for the system's parts.
        label: as shown to people, frozen into the entry.
        on_behalf_of: the helpdesk ticket, as `<helpdesk>:<ticket id>`.
        ip: where the request came from, None for the system.
    """

    kind: str
    id: str
    label: str = ""
    on_behalf_of: str = ""
    ip: str | None = None


SYSTEM = Actor(kind="system", id="chargedesk", label="ChargeDesk")


def system_actor(part: str) -> Actor:
    """The system, acting through one of its parts (`recovery`, `sync` …)."""
    return replace(SYSTEM, id=part)


def record(  # noqa: PLR0913  an entry has this many facts
    verb: Verb,
    *,
    actor: Actor,
    object_kind: str,
    object_id: object,
    reason: str = "",
    result: str = "",
    details: Mapping[str, Any] | None = None,
) -> AuditEvent:
    """Append one entry to the current tenant's chain.

    Locks the chain's head until the transaction ends: call it last (lock order M17). `details`
    must be plain JSON and hold no secret.
    """
    tenant_id = scoping.current_tenant()
    head = _locked_head(tenant_id)
    entry = AuditEvent(
        id=ids.new_id(),
        tenant_id=tenant_id,
        seq=head.seq + 1,
        at=clock.now(),
        verb=verb.value,
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_label=actor.label[:160],
        on_behalf_of=actor.on_behalf_of[:160],
        object_kind=object_kind,
        object_id=str(object_id),
        reason=reason[:500],
        result=result,
        ip=actor.ip,
        details=dict(details or {}),
        previous_hash=head.hash or GENESIS,
    )
    entry.hash = entry_hash(entry.previous_hash, vars(entry))
    entry.save(force_insert=True)
    AuditHead.objects.filter(tenant_id=tenant_id).update(
        seq=entry.seq, hash=entry.hash, seal=seal(tenant_id, entry.seq, entry.hash)
    )
    return entry


def _locked_head(tenant_id: UUID) -> AuditHead:
    head = AuditHead.objects.select_for_update().filter(tenant_id=tenant_id).first()
    if head is None:
        AuditHead.objects.bulk_create([AuditHead(tenant_id=tenant_id)], ignore_conflicts=True)
        head = AuditHead.objects.select_for_update().get(tenant_id=tenant_id)
    return head
