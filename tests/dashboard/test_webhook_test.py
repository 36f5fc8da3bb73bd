"""G3: the button of a connection's page tries the address, and claims no more than it proved."""

from typing import Any

import pytest
from django.urls import reverse

from chargedesk.base import scoping
from chargedesk.sync.models import InboundEvent
from chargedesk.tenants.credentials import webhook_secrets
from chargedesk.tenants.models import Connection
from chargedesk.tenants.roles import Role
from chargedesk.tenants.services import add_webhook_secret, connect_gateway
from chargedesk.tenants.services.members import member_actor
from gateways.contract import TEST_EVENT
from tests.conftest import Running
from tests.dashboard.company import Company, make_company
from tests.services.accounts import Control, new_user, open_account


@pytest.fixture
def company(committed_db: None, sandbox: Running, live_web: Running, settings: Any) -> Company:
    """A company whose public address is the running product's."""
    settings.BASE_URL = live_web.url
    return make_company()


@pytest.fixture
def connection(company: Company, sandbox: Running) -> Connection:
    """A Stripe account without a webhook."""
    control = Control(sandbox.url)
    return connect_gateway(
        company.tenant.id,
        provider="stripe",
        values={"api_key": open_account(control).key},
        actor=member_actor(new_user()),
        api_base=control.api_base,
    )


def pressed(company: Company, connection: Connection, role: Role = Role.ADMIN) -> str:
    path = reverse("dashboard:connection_do", args=[connection.id, "test-webhook"])
    answer = company.client(role).post(path, follow=True)
    return str(answer.content.decode())


def keep_secret(company: Company, connection: Connection, word: str = "whsec_of_test") -> None:
    with scoping.tenant(company.tenant.id):
        add_webhook_secret(connection.id, secret=word, actor=member_actor(new_user()))


def trials_in(company: Company, connection: Connection) -> list[InboundEvent]:
    with scoping.tenant(company.tenant.id):
        return list(InboundEvent.objects.filter(connection=connection, type=TEST_EVENT))


def test_a_signed_test_comes_through_and_is_no_news(
    company: Company, connection: Connection
) -> None:
    """It is in the inbox, handled by nobody, and is not taken for the gateway's own delivery."""
    keep_secret(company, connection)
    page = pressed(company, connection)

    assert "Our own test came through" in page
    (event,) = trials_in(company, connection)
    assert event.state == "ignored"
    with scoping.tenant(company.tenant.id):
        now = Connection.objects.get(pk=connection.id)
    assert (now.last_event_at, now.signature_failures) == (None, 0)
    assert "none yet" in page
    assert "We send a test to this address ourselves" in page
    pressed(company, connection)
    assert len(trials_in(company, connection)) == 2


def test_without_a_secret_only_the_way_is_proven(company: Company, connection: Connection) -> None:
    page = pressed(company, connection)
    assert "No signing secret is kept yet" in page
    assert "came through" not in page
    assert trials_in(company, connection) == []


def test_for_a_gateway_we_sign_nothing_for_only_the_way_is_proven(company: Company) -> None:
    own = connect_gateway(
        company.tenant.id, provider="custom", values={}, actor=member_actor(new_user())
    )
    page = pressed(company, own)
    assert "We make no signed test for this gateway" in page
    assert "came through" not in page
    assert trials_in(company, own) == []


def test_an_address_that_leads_nowhere_is_said_so(
    company: Company, connection: Connection, settings: Any
) -> None:
    keep_secret(company, connection)
    settings.BASE_URL = "http://127.0.0.1:9"
    assert "could not be reached" in pressed(company, connection)


def test_an_address_that_leads_elsewhere_is_said_so(
    company: Company, connection: Connection, settings: Any, sandbox: Running
) -> None:
    settings.BASE_URL = sandbox.url
    assert "instead of accepting the test" in pressed(company, connection)
    keep_secret(company, connection)
    assert "instead of accepting the test" in pressed(company, connection)


def test_the_newest_of_two_secrets_signs(company: Company, connection: Connection) -> None:
    for secret in ("whsec_old", "whsec_new"):
        keep_secret(company, connection, secret)
    with scoping.tenant(company.tenant.id):
        kept = webhook_secrets(Connection.objects.get(pk=connection.id))
    assert kept == ["whsec_new", "whsec_old"]
    assert "Our own test came through" in pressed(company, connection)


@pytest.mark.parametrize("role", [Role.FINANCE, Role.AGENT, Role.VIEWER])
def test_who_may_not_manage_connections_sends_nothing(
    company: Company, connection: Connection, role: Role
) -> None:
    keep_secret(company, connection)
    pressed(company, connection, role)
    assert trials_in(company, connection) == []
