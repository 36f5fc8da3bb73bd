"""dj-stripe as its documentation installs it, with webhooks handled inside the request."""

import os
from urllib.parse import unquote, urlsplit

_database = urlsplit(os.environ["PEER_DATABASE_URL"])

SECRET_KEY = "bench-only"  # noqa: S105  of a program that ends with the run
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "djstripe"]
MIDDLEWARE: list[str] = []
ROOT_URLCONF = "bench.peers.djstripe_urls"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _database.path.lstrip("/"),
        "USER": _database.username,
        "PASSWORD": _database.password,
        "HOST": unquote(_database.hostname or ""),
        "PORT": _database.port,
        "CONN_MAX_AGE": None,
    }
}
STRIPE_API_HOST = os.environ["PEER_API_BASE"]
STRIPE_TEST_SECRET_KEY = os.environ["PEER_API_KEY"]
STRIPE_LIVE_MODE = False
DJSTRIPE_FOREIGN_KEY_TO_FIELD = "id"
LOGGING_CONFIG = None
