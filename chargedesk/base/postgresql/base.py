"""The backend under the name Django looks for."""

import time
from typing import Any

from django.db.backends.postgresql import base

# As connection pools do: what answered a moment ago is taken to answer still.
TRUSTED_S = 1.0
_PLAN_ONCE = "-c plan_cache_mode=force_generic_plan"


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that plans prepared statements once, and is asked rarely whether it lives.

    Django asks for its health at the beginning and the end of each request; in a burst of webhooks
    that is two round trips each, for nothing. One that had an error is always checked.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._seen_at = float("-inf")

    def get_connection_params(self) -> dict[str, Any]:
        """As Django's; without a transaction pooler, which takes no options, one more option."""
        params: dict[str, Any] = super().get_connection_params()
        if not self.settings_dict["DISABLE_SERVER_SIDE_CURSORS"]:
            params["options"] = f"{params.get('options', '')} {_PLAN_ONCE}".strip()
        return params

    def close_if_unusable_or_obsolete(self) -> None:
        """Between two requests: close it if it is broken or too old."""
        now = time.monotonic()
        is_fresh = now - self._seen_at < TRUSTED_S
        self._seen_at = now
        super().close_if_unusable_or_obsolete()
        if is_fresh:
            self.health_check_done = True
