"""Makes, finds and revokes API keys; only a key's hash is stored."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

import audit.services as audit
from audit.services import Actor
from audit.verbs import Verb
from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.tenants.errors import NotFoundError, ScopeError
from chargedesk.tenants.models import ApiKey, User
from chargedesk.tenants.roles import Role

SCOPES = ("read", "write", "money")
_MARK = "cdk_"
_SHOWN = 12
_RANDOM_BYTES = 32
# A key in use would otherwise write a row per request.
_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPowers:
    """What a key may do.

    Attributes:
        scopes: of `SCOPES`.
        role: whose limits hold.
        is_unlimited: no limits, no approval, no undo delay.
    """

    scopes: Sequence[str] = field(default=("read",))
    role: Role = Role.AGENT
    is_unlimited: bool = False
    requests_per_minute: int = 120
    expires_at: datetime | None = None


def create_api_key(
    *, name: str, powers: KeyPowers, actor: Actor, created_by: User | None = None
) -> tuple[ApiKey, str]:
    """Make a key in the current tenant; also its plain text, shown this once. ScopeError."""
    if not powers.scopes or not set(powers.scopes) <= set(SCOPES):
        raise ScopeError(
            _("Choose scopes from: %(scopes)s.") % {"scopes": ", ".join(SCOPES)},
            parameter="scopes",
        )
    plain = _MARK + secrets.token_urlsafe(_RANDOM_BYTES)
    key = ApiKey.objects.create(
        tenant_id=scoping.current_tenant(),
        name=name.strip()[:80],
        prefix=plain[:_SHOWN],
        hash=_hashed(plain),
        scopes=sorted(set(powers.scopes)),
        role=powers.role,
        is_unlimited=powers.is_unlimited,
        requests_per_minute=powers.requests_per_minute,
        expires_at=powers.expires_at,
        created_by=created_by,
    )
    audit.record(
        Verb.API_KEY_CREATED,
        actor=actor,
        object_kind="api_key",
        object_id=key.id,
        details={"name": key.name, "scopes": key.scopes, "unlimited": key.is_unlimited},
    )
    return key, plain


def find_api_key(plain: str) -> ApiKey | None:
    """The key of this plain text, with its tenant, if it is valid now. Needs no tenant scope."""
    hashed = _hashed(plain)
    is_valid = Q(expires_at__isnull=True) | Q(expires_at__gt=clock.now())
    with scoping.lookup(hashed):
        keys = ApiKey.objects.select_related("tenant")
        return keys.filter(is_valid, hash=hashed, revoked_at__isnull=True).first()


def note_api_key_use(key: ApiKey) -> None:
    """Remember that the key was used, at most once a minute. Runs in the tenant's scope."""
    now = clock.now()
    if key.last_used_at is None or key.last_used_at < now - _NOTED_EVERY:
        ApiKey.objects.filter(id=key.id).update(last_used_at=now)


def revoke_api_key(key_id: UUID, *, actor: Actor, reason: str = "") -> None:
    """End a key's life, at once and for ever. NotFoundError; one that is revoked stays so."""
    revoked = ApiKey.objects.filter(id=key_id, revoked_at__isnull=True)
    if revoked.update(revoked_at=clock.now()):
        audit.record(
            Verb.API_KEY_REVOKED,
            actor=actor,
            object_kind="api_key",
            object_id=key_id,
            reason=reason,
        )
    elif not ApiKey.objects.filter(id=key_id).exists():
        raise NotFoundError(_("There is no such API key."))


def _hashed(plain: str) -> str:
    # 32 random bytes need no slow hash.
    return hashlib.sha256(plain.encode()).hexdigest()
