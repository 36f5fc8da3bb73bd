"""API keys: shown once, stored hashed, revoked for ever; bad forms make none."""

import re
from typing import Any

import pytest
from django.urls import reverse

from audit.models import AuditEvent
from chargedesk.base import scoping
from chargedesk.tenants.models import ApiKey
from chargedesk.tenants.roles import Role
from chargedesk.tenants.services import find_api_key
from tests.dashboard.company import Company, make_company

FORM: dict[str, Any] = {
    "name": "Warehouse",
    "scopes": ["read", "money"],
    "role": "agent",
    "requests_per_minute": 60,
    "life": "90",
}


@pytest.fixture
def company(committed_db: None) -> Company:
    """A company without keys."""
    return make_company()


def test_a_key_is_shown_once(company: Company) -> None:
    client = company.client(Role.ADMIN)
    made = client.post(reverse("dashboard:api_keys"), FORM)
    plain = re.search(r'id="new-key">(cdk_[^<]+)<', made.content.decode())
    assert plain is not None
    later = client.get(reverse("dashboard:api_keys"))

    assert "no-store" in made["Cache-Control"]
    assert plain[1] not in later.content.decode()
    found = find_api_key(plain[1])
    assert found is not None
    with scoping.tenant(company.tenant.id):
        key = ApiKey.objects.get()
        entry = AuditEvent.objects.get(verb="api_key.created")
    assert (key.id, key.scopes, key.requests_per_minute) == (found.id, ["money", "read"], 60)
    assert key.expires_at is not None
    assert plain[1] not in f"{vars(key)}{vars(entry)}"


def test_a_revoked_key_opens_nothing(company: Company) -> None:
    client = company.client(Role.ADMIN)
    made = client.post(reverse("dashboard:api_keys"), FORM).content.decode()
    plain = re.search(r'id="new-key">(cdk_[^<]+)<', made)
    assert plain is not None
    with scoping.tenant(company.tenant.id):
        key = ApiKey.objects.get()
    path = reverse("dashboard:api_key_revoke", args=[key.id])

    assert b"cannot be undone" in client.get(path).content
    assert client.post(path).status_code == 302
    assert find_api_key(plain[1]) is None
    assert client.post(path).status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"scopes": []},
        {"scopes": ["everything"]},
        {"role": "king"},
        {"requests_per_minute": 0},
        {"life": "10000"},
    ],
)
def test_a_bad_form_makes_no_key(company: Company, change: dict[str, Any]) -> None:
    response = company.client(Role.ADMIN).post(reverse("dashboard:api_keys"), FORM | change)

    assert response.status_code == 400
    with scoping.tenant(company.tenant.id):
        assert not ApiKey.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"currency": "XXQ"},
        {"action": "1e3"},
        {"action": "-1"},
        {"action": "10.001"},
        {"action": "1,5"},
        {"day": "9" * 20},
        {"currency": "JPY", "action": "1.50"},
        {"charge_age_days": "0"},
    ],
)
def test_a_bad_limit_changes_nothing(company: Company, change: dict[str, str]) -> None:
    values = {"role": "agent", "currency": "EUR", "action": "10.00"}
    response = company.client(Role.ADMIN).post(reverse("dashboard:limits"), values | change)

    assert response.status_code == 400
    with scoping.tenant(company.tenant.id):
        assert not AuditEvent.objects.filter(verb="limit.changed").exists()


def test_a_limit_is_kept_in_the_currencys_own_digits(company: Company) -> None:
    client = company.client(Role.OWNER)
    client.post(
        reverse("dashboard:limits"), {"role": "agent", "currency": "kwd", "action": "10.005"}
    )

    assert "KWD\xa010.005" in client.get(reverse("dashboard:limits")).content.decode()
