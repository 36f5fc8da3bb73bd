"""Settings of `make run`: one machine, loopback only, private services, the demo."""

from chargedesk.settings.base import *  # noqa: F403
from chargedesk.settings.base import ALLOWED_HOSTS, DATA_DIR, ENCRYPTION_KEYS, SECRET_KEY, env

# Known to everyone who reads this file: enough for commands on a checkout, never for data that
# lasts. The runner makes and keeps secrets of its own in the data folder, and production refuses
# these two.
INSECURE_SECRET_KEY = "insecure-key-for-a-checkout-without-data"  # noqa: S105
INSECURE_ENCRYPTION_KEY = "aW5zZWN1cmUta2V5LWZvci1hLWNoZWNrb3V0LW9ubHk="

SECRET_KEY = SECRET_KEY or INSECURE_SECRET_KEY
ENCRYPTION_KEYS = ENCRYPTION_KEYS or [INSECURE_ENCRYPTION_KEY]
ALLOWED_HOSTS = ALLOWED_HOSTS or ["127.0.0.1", "localhost", "[::1]"]
GATEWAY_API_BASE_ALLOWED = True
ACCOUNT_EMAIL_VERIFICATION = env.str("ACCOUNT_EMAIL_VERIFICATION", default="optional")
# Served from the source folders; nothing is collected.
STATIC_ROOT = None
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = env.bool("WHITENOISE_AUTOREFRESH", default=True)

if not env.str("EMAIL_URL", default=""):
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = DATA_DIR / "mail"
