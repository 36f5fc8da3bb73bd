"""Waking a worker through the broker; if the broker is away, the sweep finds the order."""

from uuid import UUID

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)

EXECUTE = "chargedesk.actions.tasks.execute_intent"


def wake_after_commit(tenant_id: UUID, intent_id: UUID, *, seconds: float = 0) -> None:
    """Ask for this intent to be sent, `seconds` after the running transaction has committed."""
    # Robust: whatever the broker does, the order is written, and its caller must hear so (M15).
    transaction.on_commit(lambda: _wake(tenant_id, intent_id, seconds=seconds), robust=True)


def _wake(tenant_id: UUID, intent_id: UUID, *, seconds: float) -> None:
    try:
        current_app.send_task(
            EXECUTE, args=[str(tenant_id), str(intent_id)], countdown=seconds or None
        )
    except (OperationalError, OSError):
        log.warning("broker_away", intent=str(intent_id))
