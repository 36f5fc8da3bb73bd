"""Settings that hold everywhere. Each reader states the variable, its type and its default."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote

import environ
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _
from kombu import Queue

from chargedesk.settings.logs import configure_logging
from chargedesk.settings.schedule import BEAT_SCHEDULE

BASE_DIR = Path(__file__).resolve().parents[2]
env = environ.Env()

# DATA_DIR: folder for what is no code: logs, private services, mail of the demo. Default: var/.
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var"))).resolve()

# --- Secrets. local and test have their own harmless ones; production refuses to start without. ---
# SECRET_KEY: signs sessions and tokens. Default: empty, so that Django refuses to start.
SECRET_KEY = env.str("SECRET_KEY", default="")
# SECRET_KEY_FALLBACKS: keys that SECRET_KEY replaced, comma separated; what they signed still
# counts, the seals of the audit log too. Default: none.
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", default=[])
# ENCRYPTION_KEYS: ring of Fernet keys, comma separated, newest first; all decrypt. Default: empty.
ENCRYPTION_KEYS: list[str] = env.list("ENCRYPTION_KEYS", default=[])

# --- Where we are reached ---
DEBUG = env.bool("DEBUG", default=False)
# ALLOWED_HOSTS: host names we answer to, comma separated. Default: none.
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=[])
# BASE_URL: our public address without a slash at the end; links in mail and webhook addresses
# start with it. Default: loopback at PORT.
BASE_URL = env.str("BASE_URL", default=f"http://127.0.0.1:{env.int('PORT', default=8000)}")
# SANDBOX_URL: base address of the provider simulators; empty where there are none.
SANDBOX_URL = env.str("SANDBOX_URL", default="")
# A connection may name another address for its provider only where no real money moves.
GATEWAY_API_BASE_ALLOWED = False
# DEMO: installs chargedesk.demo. Default: off.
DEMO = env.bool("DEMO", default=False)

# --- Parts ---
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "chargedesk.base",
    "audit",
    "chargedesk.tenants",
    "chargedesk.ledger",
    "invoices",
    "chargedesk.messaging",
    "chargedesk.actions",
    "chargedesk.sync",
    "chargedesk.sidebar",
    "chargedesk.dashboard",
    "billing_pages",
    "api",
    *(["chargedesk.demo"] if DEMO else []),
]
ROOT_URLCONF = "chargedesk.urls"
WSGI_APPLICATION = "chargedesk.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MIDDLEWARE = [
    "chargedesk.base.health.answer_probes",
    "chargedesk.base.request_ids.RequestIdMiddleware",
    "chargedesk.sync.fast_lane.WebhookLane",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "chargedesk.dashboard.context.frame",
            ],
        },
    },
]

# --- Database: PostgreSQL only, as the role `app` (no superuser, no BYPASSRLS) ---
# DATABASE_URL: postgres://app:password@host:port/name, or with a Unix socket's folder for a host,
# postgres://app:password@%2Fpath:port/name. Default: a socket nobody listens on, so that commands
# which need no database run and all others fail at the first query.
DATABASE_URL = env.str("DATABASE_URL", default="postgres://app@%2Fnonexistent/chargedesk")
_database = environ.Env.db_url_config(DATABASE_URL)
_database["HOST"] = unquote(_database["HOST"])
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        **_database,
        "ENGINE": "chargedesk.base.postgresql",
        # Opening a connection costs more than a whole card: keep it, and check it after a pause.
        "CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=60),
        "CONN_HEALTH_CHECKS": True,
        # A money view is three transactions beside each other; the outermost scope commits.
        "ATOMIC_REQUESTS": False,
        # Set it behind a transaction pooler, which cannot keep a server-side cursor.
        "DISABLE_SERVER_SIDE_CURSORS": env.bool("DISABLE_SERVER_SIDE_CURSORS", default=False),
    },
}
DATABASES["default"].setdefault("OPTIONS", {})["connect_timeout"] = 5

# --- Redis: broker, cache, heartbeat; wakes workers but holds no truth ---
# REDIS_URL: redis://:password@host:port/0. Default: the usual local port.
REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "cache",
        "OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 2},
    },
}

# --- Celery. The truth about unfinished work is in PostgreSQL; the broker only wakes workers. ---
# Longer than the longest task, in all three places Celery reads it from: a message that becomes
# visible while its task still runs would be started a second time.
BROKER_VISIBILITY_TIMEOUT_S = 12 * 60 * 60
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": BROKER_VISIBILITY_TIMEOUT_S,
    "socket_timeout": 10,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    "health_check_interval": 10,
    "queue_order_strategy": "priority",
}
# Orders have a queue and workers of their own (`worker -Q money`): they wait neither behind imports
# nor for gateways that leave all other workers waiting. A worker of both queues empties it first.
ORDERS_QUEUE, QUEUE = "money", "celery"
CELERY_TASK_QUEUES = [Queue(ORDERS_QUEUE), Queue(QUEUE)]
CELERY_TASK_ROUTES = {"chargedesk.actions.tasks.*": {"queue": ORDERS_QUEUE}}
CELERY_RESULT_BACKEND_TRANSPORT_OPTIONS = {"visibility_timeout": BROKER_VISIBILITY_TIMEOUT_S}
CELERY_VISIBILITY_TIMEOUT = BROKER_VISIBILITY_TIMEOUT_S
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 6 * 60 * 60
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.1, "interval_max": 0.2}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = BEAT_SCHEDULE

# --- Users and sign-in ---
AUTH_USER_MODEL = "tenants.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/app/"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_ADAPTER = "chargedesk.dashboard.account_adapter.AccountAdapter"
ACCOUNT_FORMS = {"signup": "chargedesk.dashboard.forms.signup.SignupForm"}
# ACCOUNT_EMAIL_VERIFICATION: mandatory, optional or none. Default: mandatory.
ACCOUNT_EMAIL_VERIFICATION = env.str("ACCOUNT_EMAIL_VERIFICATION", default="mandatory")
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
# A reset asked for an address we do not know sends nothing: no stranger gets mail because of us.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
MFA_ADAPTER = "chargedesk.dashboard.mfa_adapter.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "ChargeDesk"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"

# --- Languages and time ---
LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", _("English")),
    ("it", _("Italian")),
    ("pt-br", _("Brazilian Portuguese")),
    ("es", _("Spanish")),
    ("fr", _("French")),
    ("de", _("German")),
]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- Static files, served by ourselves under hashed names ---
STATIC_URL = "/static/"
STATIC_ROOT: Path | None = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]

# --- What a page may load and who may frame it. Views shown inside a helpdesk widen
# frame-ancestors for themselves. ---
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "base-uri": [NONE],
        "connect-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "frame-src": [SELF],
        "img-src": [SELF, "data:"],
        "manifest-src": [SELF],
        "object-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
    },
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"

# --- API ---
REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    # A view that forgets to say who may call it is closed.
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [
        "rest_framework.parsers.JSONParser",
        "rest_framework.parsers.FormParser",
    ],
    "UNAUTHENTICATED_USER": None,
    "EXCEPTION_HANDLER": "chargedesk.base.errors.handle_api_error",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "ChargeDesk API",
    "DESCRIPTION": "Billing support across payment gateways.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/v1",
    "PREPROCESSING_HOOKS": ["api.schema.only_v1"],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "ChargeStatus": "api.v1.words.CHARGE_STATUSES",
        "RefundStatus": "api.v1.words.REFUND_STATUSES",
        "SubscriptionStatus": "api.v1.words.SUBSCRIPTION_STATUSES",
        "Interval": "api.v1.record_input.INTERVALS",
    },
}

# --- Mail ---
# EMAIL_URL: smtp+tls://user:password@host:587. Default: written to the console.
vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
# DEFAULT_FROM_EMAIL: sender of our own mail (sign-up, reset). Default: a name that cannot receive.
DEFAULT_FROM_EMAIL = env.str(
    "DEFAULT_FROM_EMAIL", default="ChargeDesk <noreply@chargedesk.example>"
)

# --- Logs: one JSON object per line, or colours on a terminal ---
# LOG_FORMAT: json or console. LOG_LEVEL: any level name.
LOGGING_CONFIG = None
configure_logging(
    style=env.str("LOG_FORMAT", default="json"), level=env.str("LOG_LEVEL", default="INFO")
)

# --- Orders that move money: seconds (money-rules M3, M7, M8) ---
# ACTION_CALL_S: the longest a provider call may take, connect, send and read together.
ACTION_CALL_S = env.int("ACTION_CALL_S", default=25)
# ACTION_LEASE_S: how long a worker owns an order; must outlast the read and the call.
ACTION_LEASE_S = env.int("ACTION_LEASE_S", default=90)
# ACTION_LEASE_MARGIN_S: how much of the lease must be left beyond the call when it is sent.
ACTION_LEASE_MARGIN_S = env.int("ACTION_LEASE_MARGIN_S", default=5)
# ACTION_AT_ONCE_CONNECTION, ACTION_AT_ONCE_GATEWAY: how many orders of one connection, and of all
# connections of one gateway, a pool of workers has at the gateway at a time. The rest of the pool
# stays free for others when it does not answer.
ACTION_AT_ONCE_CONNECTION = env.int("ACTION_AT_ONCE_CONNECTION", default=2)
ACTION_AT_ONCE_GATEWAY = env.int("ACTION_AT_ONCE_GATEWAY", default=4)
# ACTION_TRANSACTION_IDLE_S: how long a transaction about money may stand still before the server
# ends it; waiting for a lock ends after twice that.
ACTION_TRANSACTION_IDLE_S = env.int("ACTION_TRANSACTION_IDLE_S", default=15)
# ACTION_LOOK_UP_AFTER_S: when an order of unknown outcome is looked up, after its first try; then
# every ACTION_LOOK_UP_LATER_S.
ACTION_LOOK_UP_AFTER_S: list[int] = env.list(
    "ACTION_LOOK_UP_AFTER_S", cast=int, default=[60, 300, 900, 3600]
)
ACTION_LOOK_UP_LATER_S = env.int("ACTION_LOOK_UP_LATER_S", default=86_400)
# ACTION_POLL_PENDING_S: how often a refund that is on its way is read again.
ACTION_POLL_PENDING_S = env.int("ACTION_POLL_PENDING_S", default=3600)
# ACTION_EMPTY_LOOK_UPS_APART_S: time between two look-ups that find nothing, to count as proof.
ACTION_EMPTY_LOOK_UPS_APART_S = env.int("ACTION_EMPTY_LOOK_UPS_APART_S", default=600)
# CRASH_POINTS_DIR: folder in which the crash suite arms points; only the test settings read it.
CRASH_POINTS_DIR = ""
