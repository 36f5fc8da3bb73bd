"""The change feed: writing what changed, and reading it without ever skipping a slow transaction."""

from collections.abc import Sequence
from uuid import UUID

from chargedesk.base import scoping
from chargedesk.ledger.models import Change, ObjectName


def record_changes(changes: Sequence[tuple[ObjectName, UUID, bool]]) -> None:
    """Tell the feed of created (True) or changed objects, in one statement."""
    tenant_id = scoping.current_tenant()
    Change.objects.bulk_create(
        Change(tenant_id=tenant_id, object=name, object_id=object_id, is_new=is_new)
        for name, object_id, is_new in changes
    )
