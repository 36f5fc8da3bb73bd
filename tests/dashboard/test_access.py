"""Who may open which page: a table of roles and pages; a refusal writes nothing."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.models import AuditEvent
from chargedesk.base import scoping
from chargedesk.tenants.models import ApiKey, Member, RoleLimit
from chargedesk.tenants.roles import Role
from tests.dashboard.company import Company, make_company

ALL = frozenset(Role)
MANAGERS = frozenset({Role.OWNER, Role.ADMIN})
WATCHERS = MANAGERS | {Role.FINANCE}

PAGES = {
    "home": ALL,
    "orders": WATCHERS,
    "audit": WATCHERS,
    "audit_check": WATCHERS,
    "audit_export": WATCHERS,
    "connections": MANAGERS,
    "members": MANAGERS,
    "limits": MANAGERS,
    "api_keys": MANAGERS,
}
WRITES = {
    "members": {"email": "new@aurora.example", "role": "agent"},
    "limits": {"role": "agent", "currency": "CHF", "action": "10.00"},
    "api_keys": {
        "name": "Key",
        "scopes": ["read"],
        "role": "agent",
        "requests_per_minute": 60,
        "life": "90",
    },
}
# Statements of a whole page, session, user, membership and scope included.
QUERY_BUDGET = {
    "home": 17,
    "orders": 10,
    "audit": 10,
    "connections": 10,
    "members": 11,
    "limits": 11,
    "api_keys": 10,
}


@pytest.fixture(scope="module")
def company(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Company:
    """One company for all tests here; none of them changes its members."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        return make_company()


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("role", Role)
def test_each_role_opens_its_pages_only(
    committed_db: None, company: Company, role: Role, page: str
) -> None:
    response = company.client(role).get(reverse(f"dashboard:{page}"))

    assert response.status_code == (200 if role in PAGES[page] else 403)


@pytest.mark.parametrize("page", WRITES)
@pytest.mark.parametrize("role", sorted(ALL - MANAGERS))
def test_a_refusal_writes_nothing(
    committed_db: None, company: Company, role: Role, page: str
) -> None:
    before = _rows(company)
    response = company.client(role).post(reverse(f"dashboard:{page}"), WRITES[page])

    assert response.status_code == 403
    assert _rows(company) == before


@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_is_sent_to_sign_in(committed_db: None, page: str) -> None:
    path = reverse(f"dashboard:{page}")
    response = Client().get(path)

    assert response.status_code == 302
    assert response["Location"] == f"{reverse('account_login')}?next={path}"


def test_a_member_of_another_company_sees_and_changes_nothing_of_this_one(
    committed_db: None, company: Company
) -> None:
    other = make_company("Other")
    client = other.client(Role.OWNER)
    with scoping.tenant(company.tenant.id):
        victim = Member.objects.get(role=Role.AGENT)

    assert b"Aurora Coffee" not in client.get(reverse("dashboard:home")).content
    switched = client.post(reverse("dashboard:switch_company", args=[company.tenant.id]))
    removed = client.post(reverse("dashboard:member_remove", args=[victim.id]))
    unknown = client.post(reverse("dashboard:member_remove", args=[uuid4()]))

    assert (switched.status_code, removed.status_code, unknown.status_code) == (404, 404, 404)
    with scoping.tenant(company.tenant.id):
        assert Member.objects.get(id=victim.id).is_active


def test_a_removed_member_is_told_so_and_sees_nothing(committed_db: None) -> None:
    company = make_company()
    client = company.client(Role.AGENT)
    company.client(Role.OWNER).post(
        reverse("dashboard:member_remove", args=[company.members[Role.AGENT].id])
    )
    response = client.get(reverse("dashboard:home"), follow=True)

    assert response.redirect_chain[-1][0] == reverse("dashboard:companies")
    assert b"You belong to no company" in response.content
    assert b"Aurora" not in response.content


def test_only_an_owner_makes_or_removes_owners(committed_db: None) -> None:
    company = make_company()
    admin = company.client(Role.ADMIN)
    owner, agent = company.members[Role.OWNER], company.members[Role.AGENT]

    admin.post(reverse("dashboard:member_role", args=[agent.id]), {"role": "owner"})
    admin.post(reverse("dashboard:member_role", args=[owner.id]), {"role": "viewer"})
    admin.post(reverse("dashboard:member_remove", args=[owner.id]))

    with scoping.tenant(company.tenant.id):
        roles = dict(Member.objects.filter(is_active=True).values_list("id", "role"))
    assert (roles[owner.id], roles[agent.id]) == ("owner", "agent")


@pytest.mark.parametrize("page", QUERY_BUDGET)
def test_a_page_keeps_to_its_statements(committed_db: None, company: Company, page: str) -> None:
    client = company.client(Role.OWNER)
    client.get(reverse(f"dashboard:{page}"))
    with CaptureQueriesContext(connection) as captured:
        client.get(reverse(f"dashboard:{page}"))
    told = [each["sql"] for each in captured if not _is_frame(each["sql"])]

    assert len(told) <= QUERY_BUDGET[page], "\n".join(told)


def _is_frame(sql: str) -> bool:
    return sql.startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "SELECT set_config"))


def _rows(company: Company) -> tuple[int, ...]:
    with scoping.tenant(company.tenant.id):
        return tuple(model.objects.count() for model in (Member, RoleLimit, ApiKey, AuditEvent))
