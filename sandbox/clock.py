"""The sandbox's own time: the machine's clock plus an offset that tests can advance."""

import time

from sandbox.store import Store

OFFSET = "clock_offset_s"


class Clock:
    """Reads the sandbox time; the offset is durable and only ever grows until a reset."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._offset = float(store.setting(OFFSET, "0"))

    def now(self) -> float:
        """Seconds since the epoch, in sandbox time."""
        return time.time() + self._offset

    def advance(self, seconds: float) -> float:
        """Move the time forward and answer the new time."""
        self._offset += seconds
        self._store.set_setting(OFFSET, str(self._offset))
        return self.now()

    def reset(self) -> None:
        """Return to the machine's clock."""
        self._offset = 0.0
        self._store.set_setting(OFFSET, "0")
