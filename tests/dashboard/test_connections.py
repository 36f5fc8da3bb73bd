"""Connecting a gateway from the settings page: bad keys are refused in words, nothing is stored."""

import re
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import AuditEvent
from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.sync.models import SyncRun
from chargedesk.tenants.models import Connection
from chargedesk.tenants.roles import Role
from tests.conftest import Running
from tests.dashboard.company import Company, make_company

GOOD_KEY = "rk_test_aurora_eu_full"
READ_KEY = "rk_test_aurora_eu_readonly"
KEY_WITHOUT_CHARGES = "rk_test_aurora_eu_nocharges"
UNFOLDED = '<details class="fold" open><summary>What this key may do'
OTHER_ACCOUNT = "sk_test_aurora_us"


@pytest.fixture
def company(committed_db: None, sandbox: Running) -> Company:
    """A company without connections, and the gateway simulator."""
    return make_company()


BAD_KEYS = {
    "unknown": ("sk_test_nobody", "on", ""),
    "revoked": ("sk_test_revoked", "on", ""),
    "lacking rights": (KEY_WITHOUT_CHARGES, "on", "Missing, required"),
    "live, for the simulator": ("sk_live_aurora", "on", ""),
    "empty": ("", "on", "Restricted or secret key"),
    "not a key": ("my password", "on", ""),
}


@pytest.mark.parametrize("name", BAD_KEYS)
def test_a_bad_key_is_refused_in_words_and_nothing_is_stored(company: Company, name: str) -> None:
    key, simulator, words = BAD_KEYS[name]
    response = _connect(company.client(Role.ADMIN), key, simulator)
    page = response.content.decode()

    assert response.status_code == 400
    assert "Please check what you entered" in page
    assert words in page
    assert key == "" or key not in page
    assert response["Cache-Control"].count("no-store") == 1
    with scoping.tenant(company.tenant.id):
        assert not Connection.objects.exists()
        assert not AuditEvent.objects.filter(verb__startswith="connection").exists()


def test_a_good_key_connects_and_the_import_begins(company: Company) -> None:
    client = company.client(Role.OWNER)
    response = _connect(client, GOOD_KEY)
    assert response.status_code == 302
    page = client.get(response.url).content.decode()

    with scoping.tenant(company.tenant.id):
        connection = Connection.objects.get()
        assert SyncRun.objects.filter(connection=connection, kind="backfill").exists()
        added = AuditEvent.objects.get(verb="connection.added")
    assert added.actor_id == str(company.members[Role.OWNER].id)
    assert "Test</span>" in page
    assert "•••• full" in page
    assert GOOD_KEY not in page
    assert f"/webhooks/stripe/{connection.id}/" in page
    assert page.count("Granted") > 10
    assert UNFOLDED not in page


def test_a_key_that_may_not_do_everything_connects_and_its_rights_are_shown(
    company: Company,
) -> None:
    client = company.client(Role.OWNER)
    shown = client.get(_connect(client, READ_KEY).url).content.decode()
    assert UNFOLDED in shown
    assert "Missing</span>" in shown
    assert "Missing, required" not in shown


def test_the_page_says_what_became_of_a_webhook(company: Company) -> None:
    client = company.client(Role.OWNER)
    connection_id = _connected(client)
    page = reverse("dashboard:connection", args=[connection_id])
    assert "Webhook repaired" not in client.get(page).content.decode()
    with scoping.tenant(company.tenant.id):
        Connection.objects.filter(id=connection_id).update(
            webhook_mended_at=clock.now(), webhook_problem="The shop refused <b>it</b>."
        )
    told = client.get(page).content.decode()
    assert "Webhook repaired" in told
    assert "Could not be checked" in told
    assert "The shop refused &lt;b&gt;it&lt;/b&gt;." in told


def test_the_same_account_is_connected_once(company: Company) -> None:
    client = company.client(Role.OWNER)
    _connect(client, GOOD_KEY)
    again = _connect(client, GOOD_KEY)

    assert again.status_code == 400
    assert "connected already" in again.content.decode()


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (OTHER_ACCOUNT, "another account"),
        ("sk_test_revoked", ""),
        ("sk_live_aurora", ""),
        (KEY_WITHOUT_CHARGES, "Missing, required"),
    ],
)
def test_a_wrong_new_key_leaves_the_old_one(company: Company, key: str, words: str) -> None:
    client = company.client(Role.OWNER)
    connection_id = _connected(client)
    response = client.post(
        reverse("dashboard:connection_key", args=[connection_id]), {"api_key": key}
    )

    assert response.status_code == 400
    assert words in response.content.decode()
    with scoping.tenant(company.tenant.id):
        assert Connection.objects.get().credentials_hint == GOOD_KEY[-4:]


def test_progress_is_drawn_as_a_fragment(company: Company) -> None:
    client = company.client(Role.OWNER)
    connection_id = _connected(client)
    path = reverse("dashboard:connection_progress", args=[connection_id])
    fragment = client.get(path, headers={"HX-Request": "true"}).content.decode()

    assert "<html" not in fragment
    assert 'hx-trigger="every 2s"' in fragment
    assert "First import" in fragment


def test_pausing_stops_the_polling_of_the_page(company: Company) -> None:
    client = company.client(Role.OWNER)
    connection_id = _connected(client)
    _do(client, connection_id, "pause-sync")
    paused = client.get(reverse("dashboard:connection", args=[connection_id])).content.decode()
    _do(client, connection_id, "resume-sync")
    resumed = client.get(reverse("dashboard:connection", args=[connection_id])).content.decode()

    assert "every 2s" not in paused
    assert "Go on with the import" in paused
    assert "every 2s" in resumed


def test_removal_needs_the_name_typed(company: Company) -> None:
    client = company.client(Role.OWNER)
    connection_id = _connected(client)
    path = reverse("dashboard:connection_remove", args=[connection_id])

    refused = client.post(path, {"typed": "shop eu"})
    assert refused.status_code == 400
    with scoping.tenant(company.tenant.id):
        assert Connection.objects.get().credentials

    assert client.post(path, {"typed": "Shop EU"}).status_code == 302
    with scoping.tenant(company.tenant.id):
        removed = Connection.objects.get()
        assert (removed.state, bytes(removed.credentials)) == ("removed", b"")
    assert client.get(reverse("dashboard:connection", args=[connection_id])).status_code == 404


def test_another_companys_connection_is_an_unknown_one(company: Company) -> None:
    connection_id = _connected(company.client(Role.OWNER))
    stranger = make_company("Other").client(Role.OWNER)

    for name in ("connection", "connection_progress", "connection_key", "connection_remove"):
        assert stranger.get(reverse(f"dashboard:{name}", args=[connection_id])).status_code == 404
    _do(stranger, connection_id, "pause")
    with scoping.tenant(company.tenant.id):
        assert Connection.objects.get().state == "active"


def test_an_unknown_gateway_or_deed_is_not_found(company: Company) -> None:
    client = company.client(Role.OWNER)

    assert client.get(reverse("dashboard:connect", args=["nonesuch"])).status_code == 404
    assert _do(client, _connected(client), "explode").status_code == 404


def _connect(client: Client, key: str, simulator: str = "on"):  # type: ignore[no-untyped-def]
    return client.post(
        reverse("dashboard:connect", args=["stripe"]),
        {"api_key": key, "label": "Shop EU", "simulator": simulator},
    )


def _connected(client: Client) -> UUID:
    found = re.search(r"/connections/([0-9a-f-]{36})/", _connect(client, GOOD_KEY).url)
    assert found is not None
    return UUID(found[1])


def _do(client: Client, connection_id: UUID, deed: str):  # type: ignore[no-untyped-def]
    return client.post(reverse("dashboard:connection_do", args=[connection_id, deed]))
