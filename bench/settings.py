"""Settings of the measured product: those of `make run` with the peers' addresses beside ours."""

from chargedesk.settings.local import *  # noqa: F403
from chargedesk.settings.local import DATABASES

ROOT_URLCONF = "bench.urls"
WHITENOISE_AUTOREFRESH = False
# One connection for the whole run, so that its backend is one process.
DATABASES["default"]["CONN_MAX_AGE"] = None
