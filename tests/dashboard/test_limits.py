"""The page of limits says in which currencies a limited role moves nothing by itself."""

import pytest
from django.urls import reverse

from chargedesk.base import scoping
from chargedesk.ledger.services import record_charges, record_payments
from chargedesk.tenants.roles import Role
from tests.dashboard.company import Company, make_company
from tests.ledger import pictures
from tests.ledger.conftest import make_connection

NOT_SET = "Not set: refunds and charges wait for a second person."


@pytest.fixture
def company(committed_db: None) -> Company:
    """A company that was paid in euro, which has limits, and in yen, which has none."""
    made = make_company()
    with scoping.tenant(made.tenant.id):
        connection = make_connection(made.tenant)
        for code in ("EUR", "JPY"):
            ids = {"external_id": f"ch_{code}", "payment_id": f"pi_{code}"}
            record_payments(connection, [pictures.payment(ids["payment_id"], currency=code)])
            record_charges(connection, [pictures.charge(**ids, currency=code)])
    return made


def test_a_currency_in_use_without_limits_is_listed_until_it_has_some(company: Company) -> None:
    client, path = company.client(Role.OWNER), reverse("dashboard:limits")
    page = client.get(path).content.decode()
    assert page.count(NOT_SET) == 1
    assert "JPY" in page

    client.post(path, {"role": "agent", "currency": "JPY", "action": "20000"})
    assert NOT_SET not in client.get(path).content.decode()


def test_a_role_that_is_limited_in_one_currency_is_so_in_all(company: Company) -> None:
    client, path = company.client(Role.OWNER), reverse("dashboard:limits")
    client.post(path, {"role": "finance", "currency": "EUR", "action": "5000.00"})
    assert client.get(path).content.decode().count(NOT_SET) == 2
