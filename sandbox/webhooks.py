"""The postman: delivers durable webhooks in the background, with retries and back-off."""

import http.client
import sqlite3
import threading
import traceback
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from sandbox.clock import Clock
from sandbox.provider import Parcel, Provider
from sandbox.store import Store

BACKOFF_S = (1, 5, 30, 120, 600, 3600, 3600 * 6, 3600 * 24)
TIMEOUT_S = 10
POLL_S = 0.1
WORKERS = 8
HTTP_OK = range(200, 300)
PAUSED = "deliveries_paused"


class Postman:
    """Posts what is due; a row stays pending until a 2xx came back or the retries are used up."""

    def __init__(self, store: Store, clock: Clock, providers: Mapping[str, Provider]) -> None:
        self._store, self._clock, self._providers = store, clock, providers
        self._busy: set[int] = set()
        self._lock = threading.Condition()
        self._wake = threading.Event()
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="postman")
        self._paused = store.setting(PAUSED, "0") == "1"

    def start(self) -> None:
        """Begin to deliver in the background."""
        threading.Thread(target=self._loop, name="postman", daemon=True).start()

    def nudge(self) -> None:
        """Say that something may be due."""
        self._wake.set()

    def pause(self) -> None:
        """Hold everything back."""
        self._keep_paused("1")

    def resume(self) -> None:
        """Deliver again."""
        self._keep_paused("0")
        self.nudge()

    @property
    def is_paused(self) -> bool:
        """Tell whether everything is held back."""
        return self._paused

    def deliver_now(self, numbers: Iterable[int] | None = None) -> int:
        """Post these (or all pending) webhooks at once, due or not, and wait; answers how many."""
        with self._store.read() as db:
            pending = [
                row["id"]
                for row in db.execute(
                    "SELECT id FROM deliveries WHERE state = 'pending' ORDER BY id"
                )
            ]
        wanted = pending if numbers is None else [n for n in numbers if n in set(pending)]
        for number in wanted:
            if self._take(number):
                self._post(number)
        # What the background was quicker to take is waited for just the same.
        with self._lock:
            self._lock.wait_for(lambda: self._busy.isdisjoint(wanted))
        return len(wanted)

    def redeliver(self, numbers: Sequence[int]) -> int:
        """Post these again, whatever became of them, and wait; answers how many."""
        with self._lock:
            self._lock.wait_for(lambda: self._busy.isdisjoint(numbers))
            self._busy.update(numbers)
        with self._store.write() as db:
            again = [(number,) for number in numbers]
            db.executemany("UPDATE deliveries SET state = 'pending' WHERE id = ?", again)
        for number in numbers:
            self._post(number)
        return len(numbers)

    def _keep_paused(self, value: str) -> None:
        self._store.set_setting(PAUSED, value)
        self._paused = value == "1"

    def _loop(self) -> None:
        while True:
            self._wake.wait(POLL_S)
            self._wake.clear()
            if not self._paused:
                self._dispatch_safely()

    def _dispatch_safely(self) -> None:
        try:
            self._dispatch()
        except Exception:  # the postman must outlive any single trouble
            traceback.print_exc()

    def _dispatch(self) -> None:
        with self._store.read() as db:
            due = db.execute(
                "SELECT id FROM deliveries WHERE state = 'pending' AND next_at <= ?"
                " ORDER BY next_at, id LIMIT 200",
                (self._clock.now(),),
            ).fetchall()
        for row in due:
            if self._take(row["id"]):
                self._pool.submit(self._post, row["id"])

    def _take(self, number: int) -> bool:
        with self._lock:
            if number in self._busy:
                return False
            self._busy.add(number)
            return True

    def _post(self, number: int) -> None:
        try:
            with self._store.read() as db:
                row = db.execute("SELECT * FROM deliveries WHERE id = ?", (number,)).fetchone()
                parcel = self._parcel(db, row)
            if row is None or row["state"] != "pending":
                return
            status, error = send(row["url"], parcel) if parcel else (None, "endpoint is gone")
            self._settle(row, status, error, gone=parcel is None)
        finally:
            with self._lock:
                self._busy.discard(number)
                self._lock.notify_all()

    def _parcel(self, db: sqlite3.Connection, row: sqlite3.Row | None) -> Parcel | None:
        if row is None:
            return None
        return self._providers[row["provider"]].parcel(db, row, self._clock.now())

    def _settle(
        self, row: sqlite3.Row, status: int | None, error: str | None, *, gone: bool
    ) -> None:
        attempts = row["attempts"] + 1
        delivered = status is not None and status in HTTP_OK
        used_up = gone or attempts > len(BACKOFF_S)
        state = "delivered" if delivered else ("failed" if used_up else "pending")
        wait = 0 if delivered or used_up else BACKOFF_S[attempts - 1]
        with self._store.write() as db:
            db.execute(
                "UPDATE deliveries SET state = ?, attempts = ?, next_at = ?, last_status = ?,"
                " last_error = ? WHERE id = ?",
                (state, attempts, self._clock.now() + wait, status, error, row["id"]),
            )


def send(url: str, parcel: Parcel) -> tuple[int | None, str | None]:
    """Post one webhook; answers the status, or None and what went wrong."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", target or "/", body=parcel.body, headers=parcel.headers)
        response = connection.getresponse()
        response.read()
    except (OSError, http.client.HTTPException) as error:
        return None, f"{type(error).__name__}: {error}"
    else:
        return response.status, None
    finally:
        connection.close()
