"""The shop's own page grants keys: approved, posted once, tested, connected."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.test import Client
from django.urls import reverse

from chargedesk.base import scoping
from chargedesk.sync.selectors import connection_progress
from chargedesk.tenants.models import Connection, Member
from chargedesk.tenants.roles import Role
from chargedesk.tenants.services.members import add_member, member_actor
from tests.conftest import Running
from tests.contracts.woocommerce.harness import WooCommerceHarness
from tests.services.accounts import new_tenant, new_user
from tests.services.sweeps import swept_until

pytestmark = pytest.mark.usefixtures("committed_db", "live_web")
START, KEYS = ("/connect/woocommerce/start/", "/connect/woocommerce/keys/")


class Owner:
    """An owner's browser, at the desk and at the shop."""

    def __init__(self, shop: WooCommerceHarness, client: Client) -> None:
        self.user = new_user()
        self.tenant = new_tenant(self.user)
        self.shop, self.client = shop, client
        client.force_login(self.user)

    def begin(self) -> str:
        """Ask for a grant; the shop's address."""
        wanted = {"grant-shop_url": "https://shop.example", "grant-simulator": "on"}
        page = self.client.post(START, wanted)
        assert page.status_code == 200
        found = re.search(r'href="([^"]+wc-auth[^"]+)"', page.content.decode())
        assert found
        return found[1].replace("&amp;", "&")

    def decide(self, address: str, what: str) -> requests.Response:
        """Click on the shop's page, and follow it until it leads away from there."""
        fields = {name: each[0] for name, each in parse_qs(urlsplit(address).query).items()}
        answer = requests.post(
            address.partition("authorize")[0] + "answer",
            data={**fields, "shop": self.shop.account, "do": what},
            allow_redirects=False,
            timeout=30,
        )
        while answer.status_code == 200:
            path = re.search(r"url=([^\"]+)\"", answer.text)
            assert path
            host = "{0.scheme}://{0.netloc}".format(urlsplit(address))
            answer = requests.get(
                host + path[1].replace("&amp;", "&"), allow_redirects=False, timeout=30
            )
        return answer

    def connections(self) -> list[Connection]:
        """What is connected."""
        with scoping.tenant(self.tenant.id):
            return list(Connection.objects.filter(provider="woocommerce"))


@pytest.fixture
def owner(committed_db: None, shop: WooCommerceHarness, client: Client) -> Owner:
    """An owner of a company, and of a shop."""
    return Owner(shop, client)


def test_an_approved_shop_is_connected_and_read(owner: Owner, worker: Running) -> None:
    """Reference A2: asked, approved, keys posted by the shop, sent back."""
    owner.shop.make_charges(3)
    address = owner.begin()
    page = requests.get(address, timeout=30)
    assert "ChargeDesk would like to connect" in page.text
    sent_back = owner.decide(address, "approve")
    assert sent_back.status_code == 302
    (connection,) = owner.connections()
    assert connection.account_id == f"{owner.shop.account}.example"
    back = urlsplit(sent_back.headers["Location"])
    answer = owner.client.get(f"{back.path}?{back.query}")
    assert answer.headers["Location"] == reverse("dashboard:connection", args=[connection.id])
    with scoping.tenant(owner.tenant.id):
        assert Connection.objects.get(id=connection.id).webhook_id

    def is_read() -> bool:
        with scoping.tenant(owner.tenant.id):
            return connection_progress(connection.id).state == "done"

    assert swept_until(is_read)


def test_a_denied_grant_connects_nothing(owner: Owner) -> None:
    sent_back = owner.decide(owner.begin(), "deny")
    back = urlsplit(sent_back.headers["Location"])
    assert parse_qs(back.query)["success"] == ["0"]
    answer = owner.client.get(f"{back.path}?{back.query}")
    assert answer.headers["Location"] == reverse("dashboard:connect", args=["woocommerce"])
    assert owner.connections() == []


def test_a_state_is_used_once(owner: Owner) -> None:
    """A2: the call-back proves nothing, so the state is single-use."""
    address = owner.begin()
    assert owner.decide(address, "approve").status_code == 302
    again = owner.decide(address, "approve")
    assert again.status_code == 401
    assert len(owner.connections()) == 1


@pytest.mark.parametrize("state", ["", "unknown", "x" * 3000])
def test_a_made_up_state_opens_nothing(owner: Owner, state: str) -> None:
    grant = {
        "key_id": 1,
        "user_id": state,
        "consumer_key": "ck_made",
        "consumer_secret": "cs_up",
        "key_permissions": "read_write",
    }
    answer = Client().post(KEYS, grant, content_type="application/json;charset=UTF-8")
    assert answer.status_code == 400
    assert owner.connections() == []


def test_keys_that_open_nothing_are_refused_and_told(owner: Owner) -> None:
    address = owner.begin()
    (state,) = parse_qs(urlsplit(address).query)["user_id"]
    grant = {
        "key_id": 1,
        "user_id": state,
        "consumer_key": "ck_made",
        "consumer_secret": "cs_up",
        "key_permissions": "read_write",
    }
    answer = Client().post(KEYS, grant, content_type="application/json;charset=UTF-8")
    assert answer.status_code == 400
    back = owner.client.get(f"/connect/woocommerce/back/?success=1&user_id={state}")
    assert back.headers["Location"] == reverse("dashboard:connect", args=["woocommerce"])
    assert owner.connections() == []


def test_whoever_lost_the_right_meanwhile_connects_nothing(owner: Owner) -> None:
    address = owner.begin()
    with scoping.tenant(owner.tenant.id):
        Member.objects.filter(user=owner.user).update(role=Role.AGENT)
    assert owner.decide(address, "approve").status_code == 401
    assert owner.connections() == []


def test_another_company_does_not_learn_how_it_ended(
    owner: Owner, shop: WooCommerceHarness
) -> None:
    address = owner.begin()
    owner.decide(address, "approve")
    (state,) = parse_qs(urlsplit(address).query)["user_id"]
    other = Owner(shop, Client())
    back = other.client.get(f"/connect/woocommerce/back/?success=1&user_id={state}")
    assert back.headers["Location"] == reverse("dashboard:connect", args=["woocommerce"])


def test_only_who_may_connect_can_begin(shop: WooCommerceHarness, client: Client) -> None:
    owner = Owner(shop, client)
    agent = new_user()
    with scoping.tenant(owner.tenant.id):
        add_member(agent, role=Role.AGENT, actor=member_actor(owner.user))
    stranger = Client()
    stranger.force_login(agent)
    assert stranger.post(START, {"grant-shop_url": "https://shop.example"}).status_code == 403
    assert stranger.get("/connect/woocommerce/back/").status_code == 403
    assert client.post("/connect/stripe/start/", {}).status_code == 404


def test_the_shop_wants_https_and_all_five(owner: Owner) -> None:
    """A2: an HTML error page with status 401."""
    address = owner.begin()
    assert requests.get(address.replace("read_write", "all"), timeout=30).status_code == 401
    assert requests.get(address.replace("app_name", "x"), timeout=30).status_code == 401
    owner.shop.control("settings", **{"woocommerce.grant_needs_https": "1"})
    try:
        assert requests.get(address, timeout=30).status_code == 401
    finally:
        owner.shop.control("settings", **{"woocommerce.grant_needs_https": "0"})
