"""Writes money news: how other parts start, pause and retry the reading of a connection."""

from chargedesk.sync.services.inbox import retry_failed
from chargedesk.sync.services.runs import (
    pause_sync,
    resume_sync,
    retry_sync,
    start_connection,
    start_reconciliation,
    start_run,
)

__all__ = [
    "pause_sync",
    "resume_sync",
    "retry_failed",
    "retry_sync",
    "start_connection",
    "start_reconciliation",
    "start_run",
]
