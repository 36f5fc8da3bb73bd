"""Who calls `/v1`: a secret key as Basic user name or as Bearer, and what its scopes allow."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import ClassVar

import structlog
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.tenants.models import ApiKey

log = structlog.get_logger()

# A key's last use is for people who tidy up: a minute is exact enough, and saves a write per call.
USE_NOTED_EVERY = timedelta(minutes=1)
LONGEST_SECRET = 200


class Scope(StrEnum):
    """What a key may do: read, change stored records, or move money."""

    READ = "read"
    WRITE = "write"
    MONEY = "money"


@dataclass(frozen=True, slots=True)
class ApiCaller:
    """`request.user` of a call with a key."""

    key: ApiKey
    is_authenticated: ClassVar[bool] = True

    @property
    def pk(self) -> str:
        """The key's id, under the name REST framework asks for."""
        return str(self.key.id)


def hashed_secret(secret: str) -> str:
    """What is stored of a secret key: SHA-256 in hex; the key is long and random, so no salt."""
    return hashlib.sha256(secret.encode()).hexdigest()


class KeyAuthentication(BaseAuthentication):
    """Accepts `Authorization: Basic base64(<key>:<ignored>)` and `Authorization: Bearer <key>`."""

    def authenticate(self, request: Request) -> tuple[ApiCaller, ApiKey] | None:
        """The caller and its key; None without credentials. AuthenticationFailed for a bad key."""
        secret = _secret(request)
        if secret is None:
            return None
        key = _usable_key(secret)
        _note_use(key)
        structlog.contextvars.bind_contextvars(tenant=str(key.tenant_id), api_key=key.prefix)
        return ApiCaller(key), key

    def authenticate_header(self, _request: Request) -> str:
        """The challenge of a 401."""
        return 'Basic realm="ChargeDesk API", charset="UTF-8"'


def _secret(request: Request) -> str | None:
    scheme, _space, value = get_authorization_header(request).partition(b" ")
    if not scheme:
        return None
    try:
        if scheme.lower() == b"bearer":
            return value.strip().decode()
        if scheme.lower() == b"basic":
            # Old clients send anything for a password, or nothing.
            return base64.b64decode(value.strip(), validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        pass
    raise AuthenticationFailed(
        _("Send your secret key as the user name of Basic authentication, or as a Bearer token."),
        code="key_unreadable",
    )


def _usable_key(secret: str) -> ApiKey:
    if not secret or len(secret) > LONGEST_SECRET:
        raise _refused("key_invalid", _("This API key does not exist."))
    hashed = hashed_secret(secret)
    with scoping.lookup(hashed):
        key = ApiKey.objects.select_related("tenant").filter(hash=hashed).first()
    if key is None:
        raise _refused("key_invalid", _("This API key does not exist."))
    if key.revoked_at is not None:
        raise _refused("key_revoked", _("This API key was revoked."))
    if key.expires_at is not None and key.expires_at <= clock.now():
        raise _refused("key_expired", _("This API key has expired."))
    return key


def _refused(code: str, message: str) -> AuthenticationFailed:
    log.info("api.key_refused", code=code)
    return AuthenticationFailed(message, code=code)


def _note_use(key: ApiKey) -> None:
    now = clock.now()
    if key.last_used_at is not None and now - key.last_used_at < USE_NOTED_EVERY:
        return
    with scoping.tenant(key.tenant_id):
        ApiKey.objects.filter(id=key.id).update(last_used_at=now)


class HasScope(BasePermission):
    """The view's `scopes` names what each method needs; a method it does not name is closed."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the key has it; PermissionDenied that names the missing one."""
        if not isinstance(request.auth, ApiKey):
            return False
        scopes: Mapping[str, Scope] = getattr(view, "scopes", {})
        needed = scopes.get("GET" if request.method == "HEAD" else str(request.method))
        if needed is not None and needed.value in request.auth.scopes:
            return True
        raise PermissionDenied(
            _("This API key lacks the scope “%(scope)s”.") % {"scope": needed or _("none")},
            code="scope_missing",
        )
