"""What falls due by itself: settling refunds, expiring authorizations, ending subscriptions."""

import sqlite3
import threading
import traceback
from collections.abc import Mapping

from sandbox.clock import Clock
from sandbox.provider import Provider
from sandbox.store import Store
from sandbox.webhooks import Postman

POLL_S = 1.0


def schedule(
    db: sqlite3.Connection,
    *,
    provider: str,
    shelf: str,
    due: float,
    name: str,
    object_id: str,
) -> None:
    """Note something to be done later, in the transaction that causes it."""
    db.execute(
        "INSERT INTO jobs (provider, shelf, due, name, object) VALUES (?, ?, ?, ?, ?)",
        (provider, shelf, due, name, object_id),
    )


class Jobs:
    """Runs due jobs in order, each in a transaction of its own together with its removal."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        providers: Mapping[str, Provider],
        postman: Postman,
    ) -> None:
        self._store, self._clock = store, clock
        self._providers, self._postman = providers, postman
        self._running = threading.Lock()

    def start(self) -> None:
        """Begin to look for due jobs in the background."""
        threading.Thread(target=self._loop, name="jobs", daemon=True).start()

    def run_due(self) -> int:
        """Run everything that is due and answer how many jobs that were."""
        done = 0
        with self._running:
            while self._run_next_safely():
                done += 1
        return done

    def _loop(self) -> None:
        pause = threading.Event()
        while True:
            pause.wait(POLL_S)
            self.run_due()

    def _run_next_safely(self) -> bool:
        try:
            return self._run_next()
        except Exception:  # one broken job must not stop all later ones
            traceback.print_exc()
            self._drop_next()
            return True

    def _drop_next(self) -> None:
        with self._store.write() as db:
            job = _next_due(db, self._clock.now())
            if job is not None:
                db.execute("DELETE FROM jobs WHERE id = ?", (job["id"],))

    def _run_next(self) -> bool:
        with self._store.read() as db:
            waiting = _next_due(db, self._clock.now())
        if waiting is None:
            return False
        with self._store.write() as db:
            job = _next_due(db, self._clock.now())
            if job is None:
                return False
            db.execute("DELETE FROM jobs WHERE id = ?", (job["id"],))
            # At its own time: a long step of the clock leaves the history it would have had.
            self._providers[job["provider"]].run_job(db, job, job["due"])
        self._postman.nudge()
        return True


def _next_due(db: sqlite3.Connection, now: float) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM jobs WHERE due <= ? ORDER BY due, id LIMIT 1", (now,)
    ).fetchone()
    return row
