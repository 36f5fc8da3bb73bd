"""Keys that a provider's own page grants: a state sent there, and used once when the keys come.

What was begun is kept for an hour in the cache. If the cache loses it, the person begins anew; a
state that was used, or never made, opens nothing.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from uuid import UUID

from django.core.cache import cache
from django.utils.translation import gettext as _

from audit.services import Actor
from chargedesk.base import scoping
from chargedesk.kit.errors import ChargeDeskError
from chargedesk.tenants.errors import GrantError
from chargedesk.tenants.models import Connection, Member
from chargedesk.tenants.roles import Right
from chargedesk.tenants.services.connecting import connect_gateway
from gateways import registry
from gateways.contract import Credentials, GrantsKeys, InboundRequest

_LIFE_S = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a member wants connected: `values` are the fields that are asked for before."""

    tenant_id: UUID
    member_id: UUID
    provider: str
    values: Mapping[str, str]
    label: str = ""
    api_base: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a grant ended: with a connection, or with words."""

    tenant_id: UUID
    connection_id: UUID | None
    problem: str = ""


def granting(provider: str) -> GrantsKeys | None:
    """The adapter, if its keys can be granted on a page of the provider's."""
    adapter: object = registry.adapters().get(provider)
    return adapter if isinstance(adapter, GrantsKeys) else None


def begin_grant(wish: Wish, *, actor: Actor, return_url: str, callback_url: str) -> str:
    """Keep the wish under a new state; the address to send the person to. CredentialsError."""
    adapter = granting(wish.provider)
    if adapter is None:
        raise GrantError(_("This gateway grants no keys by itself; enter them."))
    state = secrets.token_urlsafe(24)
    address = adapter.grant_url(
        Credentials(values=wish.values, api_base=wish.api_base),
        state=state,
        return_url=return_url,
        callback_url=callback_url,
    )
    cache.set(_begun(state), {"wish": asdict(wish), "actor": asdict(actor)}, _LIFE_S)
    return address


def finish_grant(provider: str, request: InboundRequest) -> Connection:
    """Use the state once: test the keys and connect. Never inside a transaction.

    Raises PayloadError, GrantError for a state that is not open, and what `connect_gateway` raises;
    whoever began it reads how it ended in `ending_of`.
    """
    adapter = granting(provider)
    if adapter is None:
        raise GrantError(_("This gateway grants no keys by itself; enter them."))
    keys = adapter.granted(request)
    wish, actor = _taken(keys.state, provider)
    try:
        connection = connect_gateway(
            wish.tenant_id,
            provider=provider,
            values={**wish.values, **keys.values},
            actor=actor,
            label=wish.label,
            api_base=wish.api_base,
        )
    except ChargeDeskError as error:
        _end(
            keys.state, Ending(tenant_id=wish.tenant_id, connection_id=None, problem=error.message)
        )
        raise
    _end(keys.state, Ending(tenant_id=wish.tenant_id, connection_id=connection.id))
    return connection


def ending_of(state: str, *, tenant_id: UUID) -> Ending | None:
    """How a grant of this tenant ended; None while it is open, or if it never was."""
    ending: Ending | None = cache.get(_ended(state))
    return ending if ending and ending.tenant_id == tenant_id else None


def _taken(state: str, provider: str) -> tuple[Wish, Actor]:
    kept = cache.get(_begun(state))
    # Of several that come at once, only one deletes it.
    if kept is None or not cache.delete(_begun(state)):
        raise GrantError(_("This approval is not expected, was used or is too old. Begin anew."))
    wish, actor = Wish(**kept["wish"]), Actor(**kept["actor"])
    if wish.provider != provider or not _may_still(wish):
        raise GrantError(_("This approval is not expected, was used or is too old. Begin anew."))
    return wish, actor


def _may_still(wish: Wish) -> bool:
    with scoping.tenant(wish.tenant_id):
        member = Member.objects.filter(id=wish.member_id, is_active=True).first()
        return member is not None and member.may(Right.MANAGE_CONNECTIONS)


def _end(state: str, ending: Ending) -> None:
    cache.set(_ended(state), ending, _LIFE_S)


def _begun(state: str) -> str:
    return f"grant-begun:{_hashed(state)}"


def _ended(state: str) -> str:
    return f"grant-ended:{_hashed(state)}"


def _hashed(state: str) -> str:
    """What a stranger sends becomes no key of the cache, and the cache shows no open state."""
    return hashlib.sha256(state.encode()).hexdigest()
