"""The addresses of one's own system: connecting it, filling them in, trying them, the secret."""

import json
import re
from typing import Any

import pytest
from django.urls import reverse
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from audit.models import AuditEvent
from chargedesk.base import scoping
from chargedesk.sync.models import SyncRun
from chargedesk.tenants.credentials import function_secret
from chargedesk.tenants.models import Connection
from chargedesk.tenants.roles import Role
from gateways.functions import signature
from tests.dashboard.company import Company, make_company


@pytest.fixture
def company(committed_db: None) -> Company:
    """A company without connections."""
    return make_company()


def _connect(company: Company) -> Connection:
    url = reverse("dashboard:connect", args=["custom"])
    response = company.client(Role.ADMIN).post(url, {"label": "Own billing"})
    assert response.status_code == 302, response.content
    with scoping.tenant(company.tenant.id):
        connection = Connection.objects.get()
    assert response["Location"] == reverse("dashboard:functions", args=[connection.id])
    return connection


def _reread(connection: Connection) -> Connection:
    with scoping.tenant(connection.tenant_id):
        return Connection.objects.get(pk=connection.id)


def test_a_custom_integration_is_connected_without_a_key(company: Company) -> None:
    connection = _connect(company)
    with scoping.tenant(company.tenant.id):
        assert not SyncRun.objects.exists()
    page = company.client(Role.ADMIN).get(reverse("dashboard:connection", args=[connection.id]))
    assert page.status_code == 200
    assert "Exchange the key" not in page.content.decode()


def test_addresses_are_kept_and_the_secret_is_shown_once(company: Company) -> None:
    connection, client = _connect(company), company.client(Role.ADMIN)
    url = reverse("dashboard:functions", args=[connection.id])
    kept = client.post(url, {"refund": "https://billing.example/refund"})
    secret = function_secret(_reread(connection))
    assert secret.startswith("whsec_")
    assert secret in kept.content.decode()
    assert kept["Cache-Control"].count("no-store") == 1
    assert secret not in client.get(url).content.decode()
    assert _reread(connection).functions == {"refund": "https://billing.example/refund"}
    with scoping.tenant(company.tenant.id):
        told = AuditEvent.objects.filter(result="functions_changed").get()
    assert secret not in json.dumps(told.details)
    rolled = client.post(reverse("dashboard:function_secret", args=[connection.id]))
    again = function_secret(_reread(connection))
    assert again != secret
    assert again in rolled.content.decode()


@pytest.mark.parametrize(
    "wrong", ["billing.example", "ftp://billing.example", "https://a:b@c.example"]
)
def test_what_is_no_address_is_refused(company: Company, wrong: str) -> None:
    connection, client = _connect(company), company.client(Role.ADMIN)
    url = reverse("dashboard:functions", args=[connection.id])
    response = client.post(url, {"refund": wrong})
    assert response.status_code == 400
    assert _reread(connection).functions == {}


def test_plain_http_is_for_local_settings_only(company: Company, settings: Any) -> None:
    settings.GATEWAY_API_BASE_ALLOWED = False
    connection, client = _connect(company), company.client(Role.ADMIN)
    url = reverse("dashboard:functions", args=[connection.id])
    assert client.post(url, {"refund": "http://billing.example/refund"}).status_code == 400
    # A private address is refused where the call is made, whatever its name says.
    client.post(url, {"refund": "https://127.0.0.1/refund"})
    tried = client.post(reverse("dashboard:function_try", args=[connection.id, "refund"]))
    assert "private network" in tried.content.decode()


def test_a_trial_is_signed_and_moves_nothing(company: Company, httpserver: HTTPServer) -> None:
    connection, client = _connect(company), company.client(Role.ADMIN)

    def answer(request: Request) -> Response:
        headers, secret = request.headers, function_secret(_reread(connection))
        stamp = headers["webhook-timestamp"]
        signed = signature(secret, headers["webhook-id"], stamp, request.data)
        assert headers["webhook-signature"] == signed
        body = json.loads(request.data)
        assert (body["action"], body["of"]) == ("test", "refund")
        assert set(body) == {"action", "of", "idempotency_key"}
        return Response('{"hello": "<there>"}', 200, content_type="application/json")

    httpserver.expect_request("/refund").respond_with_handler(answer)
    url = reverse("dashboard:functions", args=[connection.id])
    client.post(url, {"refund": httpserver.url_for("/refund")})
    tried = client.post(reverse("dashboard:function_try", args=[connection.id, "refund"]))
    page = tried.content.decode()
    assert "answered 200" in page
    assert "&lt;there&gt;" in page
    httpserver.check_assertions()


def test_only_who_manages_connections_may(company: Company) -> None:
    connection = _connect(company)
    for role in (Role.AGENT, Role.VIEWER, Role.FINANCE):
        client = company.client(role)
        for name, more in (
            ("functions", []),
            ("function_secret", []),
            ("function_try", ["refund"]),
        ):
            url = reverse(f"dashboard:{name}", args=[connection.id, *more])
            assert client.post(url, {}).status_code == 403, (role, name)
    assert not re.search("whsec_", repr(_reread(connection)))
