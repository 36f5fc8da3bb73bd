"""Who calls `/v1`: a secret key as Basic user name or as Bearer, and what its scopes allow."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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
from chargedesk.tenants.services.api_keys import find_api_key, note_api_key_use

log = structlog.get_logger()

# Spares the transaction in which the use would be found noted already.
USE_NOTED_EVERY = timedelta(minutes=1)
NEVER = datetime.min.replace(tzinfo=UTC)
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
    key = find_api_key(secret) if 0 < len(secret) <= LONGEST_SECRET else None
    if key is None:
        log.info("api.key_refused")
        raise AuthenticationFailed(
            _("This API key does not exist, has expired or was revoked."), code="key_invalid"
        )
    return key


def _note_use(key: ApiKey) -> None:
    if clock.now() - (key.last_used_at or NEVER) >= USE_NOTED_EVERY:
        with scoping.tenant(key.tenant_id):
            note_api_key_use(key)


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
