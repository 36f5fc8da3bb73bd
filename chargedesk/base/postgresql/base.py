"""The backend under the name Django looks for."""

import time
from typing import Any

from django.db.backends.postgresql import base

# As connection pools do: what answered a moment ago is taken to answer still.
TRUSTED_S = 1.0


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection whose health is asked of the server only where it was idle for a while.

    Django asks at the beginning and the end of each request; in a burst of webhooks that is two
    round trips each, for nothing. A connection that had an error is always checked.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._seen_at = float("-inf")

    def close_if_unusable_or_obsolete(self) -> None:
        """Between two requests: close it if it is broken or too old."""
        now = time.monotonic()
        is_fresh = now - self._seen_at < TRUSTED_S
        self._seen_at = now
        super().close_if_unusable_or_obsolete()
        if is_fresh:
            self.health_check_done = True
