"""Waits until the demo's import is done, and says honestly how far it is."""

import time
from collections.abc import Callable
from uuid import UUID

from chargedesk.base import scoping
from chargedesk.demo.loading import Loaded
from chargedesk.sync.models import RunState
from chargedesk.sync.selectors import Progress, connection_progress
from gateways import registry

PATIENCE_S = 900.0
LOOK_EVERY_S = 0.5
SAY_EVERY_S = 10.0
_OVER = (RunState.FAILED, "stopped")


class ImportFailedError(RuntimeError):
    """An import stopped, or took too long."""


def wait_until_imported(loaded: list[Loaded], *, say: Callable[[str], None]) -> None:
    """Return when every connection's history is in. ImportFailedError."""
    started = said = time.monotonic()
    while waiting := [each for each in _all_progress(loaded) if each[1].state != RunState.DONE]:
        _raise_trouble(waiting)
        now = time.monotonic()
        if now - started > PATIENCE_S:
            raise ImportFailedError(f"The import is not done after {PATIENCE_S:.0f} s.")
        if now - said > SAY_EVERY_S:
            said = now
            for label, progress in waiting:
                say(f"{label}: {progress.done} objects read ({progress.phase_label})")
        time.sleep(LOOK_EVERY_S)


def _all_progress(loaded: list[Loaded]) -> list[tuple[str, Progress]]:
    return [
        (f"{each.company.name}, {connection.label}", _progress(each.tenant.id, connection.id))
        for each in loaded
        for connection in each.connections
        # A system that tells its records has no history to read.
        if registry.adapter(connection.provider).capabilities.reads
    ]


def _progress(tenant_id: UUID, connection_id: UUID) -> Progress:
    with scoping.tenant(tenant_id):
        return connection_progress(connection_id)


def _raise_trouble(waiting: list[tuple[str, Progress]]) -> None:
    for label, progress in waiting:
        if progress.state in _OVER:
            why = "; ".join(progress.errors) or progress.wait_reason or progress.state
            raise ImportFailedError(f"{label}: the import stopped. {why}")
