"""Settings of the test suite; its fixtures hand in the addresses of PostgreSQL and Redis."""

import os

# The demo is under test too; read by the base settings, so it is set before them.
os.environ.setdefault("DEMO", "1")

from chargedesk.settings.local import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ACCOUNT_RATE_LIMITS = False
WHITENOISE_AUTOREFRESH = False

CRASH_POINTS_DIR = env.str("CRASH_POINTS_DIR", default="")  # noqa: F405
