"""Kills a worker in the middle of a run, and lets another one follow."""

import multiprocessing
import os
import signal
import threading
import time
from datetime import timedelta

from django.db import connections

from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.sync.models import SyncPhase, SyncRun
from chargedesk.sync.services import backfill

WITHIN_S = 60
# Own processes by fork: starting one anew would take longer than what is killed.
FORK = multiprocessing.get_context("fork")


def was_killed(run: SyncRun, *, pages: int, then_s: float) -> bool:
    """Work on the run in a process that is killed after that many pages; False if it was done."""
    # A child must not close what its parent has open.
    connections.close_all()
    worker = FORK.Process(target=_work, args=[run, pages, then_s], daemon=True)
    worker.start()
    worker.join()
    return worker.exitcode == -signal.SIGKILL


def let_the_lease_pass(run: SyncRun) -> None:
    """Behave as if the lease of a dead worker had run out."""
    past = clock.now() - timedelta(seconds=1)
    with scoping.tenant(run.tenant_id):
        SyncRun.objects.filter(id=run.id, lease_until__isnull=False).update(lease_until=past)


def done(run: SyncRun) -> int:
    """How many objects the checkpoints of the run count."""
    with scoping.tenant(run.tenant_id):
        return sum(SyncPhase.objects.filter(run=run).values_list("done", flat=True))


def _work(run: SyncRun, pages: int, then_s: float) -> None:
    # Where a browser's event loop runs, Django keeps the connections from before it aside: the
    # child would find them again, and speak over its parent's socket.
    for inherited in connections.all(initialized_only=True):
        inherited.connection = None
    # The child kills itself: its parent may be late on a busy machine.
    threading.Thread(target=_kill, args=[run, pages, then_s], daemon=True).start()
    backfill.advance(run.tenant_id, run.id, budget_s=WITHIN_S)
    os._exit(0)


def _kill(run: SyncRun, pages: int, then_s: float) -> None:
    for _ in range(pages):
        before = done(run)
        while done(run) == before:
            time.sleep(0.002)
    time.sleep(then_s)
    os.kill(os.getpid(), signal.SIGKILL)
