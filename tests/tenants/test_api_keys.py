"""API keys: shown once, stored hashed, found by their plain text only while valid."""

from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.core.management.base import CommandError

from audit.models import AuditEvent
from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.tenants.credentials import opened_values, sealed_values, secret_box
from chargedesk.tenants.errors import NotFoundError, ScopeError
from chargedesk.tenants.models import ApiKey, Connection, ConnectionKind
from chargedesk.tenants.services import create_api_key, find_api_key, revoke_api_key
from chargedesk.tenants.services.api_keys import KeyPowers
from chargedesk.tenants.services.members import member_actor
from tests.services.accounts import new_tenant, new_user

pytestmark = pytest.mark.django_db


def test_key_is_found_by_its_plain_text_only() -> None:
    tenant, actor = new_tenant(), member_actor(new_user())
    with scoping.tenant(tenant.id):
        key, plain = create_api_key(
            name="Shop", powers=KeyPowers(scopes=("money", "read")), actor=actor
        )
        entry = AuditEvent.objects.get(verb="api_key.created")
    assert plain.startswith(key.prefix)
    assert plain not in str(vars(key)) + str(vars(entry))
    found = find_api_key(plain)
    assert found is not None
    assert (found.tenant_id, found.scopes) == (tenant.id, ["money", "read"])
    assert find_api_key(plain + "x") is None
    assert find_api_key("") is None


def test_revoked_and_expired_keys_open_nothing() -> None:
    tenant, actor = new_tenant(), member_actor(new_user())
    past = clock.now() - timedelta(seconds=1)
    with scoping.tenant(tenant.id):
        key, plain = create_api_key(name="a", powers=KeyPowers(), actor=actor)
        _, late = create_api_key(name="b", powers=KeyPowers(expires_at=past), actor=actor)
        revoke_api_key(key.id, actor=actor)
        revoke_api_key(key.id, actor=actor)
        assert AuditEvent.objects.filter(verb="api_key.revoked").count() == 1
    assert find_api_key(plain) is None
    assert find_api_key(late) is None


def test_another_tenants_key_cannot_be_revoked() -> None:
    mine, other, actor = new_tenant(), new_tenant(), member_actor(new_user())
    with scoping.tenant(other.id):
        key, plain = create_api_key(name="a", powers=KeyPowers(), actor=actor)
    with pytest.raises(NotFoundError), scoping.tenant(mine.id):
        revoke_api_key(key.id, actor=actor)
    assert find_api_key(plain) is not None


def test_unknown_scope_is_refused() -> None:
    tenant, actor = new_tenant(), member_actor(new_user())
    with pytest.raises(ScopeError), scoping.tenant(tenant.id):
        create_api_key(name="a", powers=KeyPowers(scopes=("all",)), actor=actor)
    with scoping.tenant(tenant.id):
        assert not ApiKey.objects.exists()


def test_key_ring_rotates() -> None:
    tenant = new_tenant()
    with scoping.tenant(tenant.id):
        connection = Connection(
            tenant=tenant, kind=ConnectionKind.GATEWAY, provider="stripe", account_id="a"
        )
        connection.credentials = sealed_values(connection.id, {"api_key": "sk_test_x"})
        connection.save()
    other = new_tenant()
    with scoping.tenant(other.id):
        broken = Connection.objects.create(
            tenant=other,
            kind=ConnectionKind.GATEWAY,
            provider="stripe",
            account_id="b",
            credentials=b"sealed with a key nobody has",
        )
    old_ring = list(django_settings.ENCRYPTION_KEYS)
    new_key = "bmV3LWtleS1vZi10aGUtcmluZy1mb3ItdGVzdHMtISE="
    try:
        _use_ring([new_key, *old_ring])
        with pytest.raises(CommandError, match=str(broken.id)):
            call_command("rotate_encryption_keys")
        _use_ring([new_key])
        with scoping.tenant(tenant.id):
            assert opened_values(Connection.objects.get()) == {"api_key": "sk_test_x"}
    finally:
        _use_ring(old_ring)


def _use_ring(keys: list[str]) -> None:
    django_settings.ENCRYPTION_KEYS = keys
    secret_box.cache_clear()
