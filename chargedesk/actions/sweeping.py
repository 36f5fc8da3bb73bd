"""Sweeps look after many orders and tenants: the trouble of one must not stop the others."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from django.db import DatabaseError

from chargedesk.kit.errors import ChargeDeskError

log = structlog.get_logger(__name__)


@contextmanager
def logged_failure(event: str, **facts: str) -> Iterator[None]:
    """Log a deadlock, a lost connection or an error of ours; the next sweep tries again."""
    try:
        yield
    except (DatabaseError, ChargeDeskError):
        log.exception(event, **facts)
