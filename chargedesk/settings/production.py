"""Settings of a real installation: refuses missing or known secrets, cookies over HTTPS only."""

from django.core.exceptions import ImproperlyConfigured

from chargedesk.settings.base import *  # noqa: F403
from chargedesk.settings.base import ALLOWED_HOSTS, BASE_URL, ENCRYPTION_KEYS, SECRET_KEY, env
from chargedesk.settings.local import INSECURE_ENCRYPTION_KEY, INSECURE_SECRET_KEY

SHORTEST_SECRET_KEY = 40

_complaints = {
    "SECRET_KEY: set a random text of at least 40 characters": len(SECRET_KEY) < SHORTEST_SECRET_KEY
    or SECRET_KEY == INSECURE_SECRET_KEY,
    "ENCRYPTION_KEYS: set one or more Fernet keys, newest first": not ENCRYPTION_KEYS
    or INSECURE_ENCRYPTION_KEY in ENCRYPTION_KEYS,
    "DATABASE_URL: set the address of PostgreSQL for the role app": not env.str(
        "DATABASE_URL", default=""
    ),
    "REDIS_URL: set the address of Redis": not env.str("REDIS_URL", default=""),
    "ALLOWED_HOSTS: set the host names we answer to": not ALLOWED_HOSTS or "*" in ALLOWED_HOSTS,
    "BASE_URL: set our public https address": not BASE_URL.startswith("https://"),
}
if any(_complaints.values()):
    raise ImproperlyConfigured(
        "This configuration is not fit for production.\n"
        + "\n".join(f"  {text}" for text, wrong in _complaints.items() if wrong)
    )

DEBUG = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
CSRF_TRUSTED_ORIGINS = [BASE_URL]
# SECURE_SSL_REDIRECT: off where a proxy in front already redirects. Default: on.
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
# BEHIND_PROXY: trust X-Forwarded-Proto; only if the proxy sets it itself. Default: off.
if env.bool("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
