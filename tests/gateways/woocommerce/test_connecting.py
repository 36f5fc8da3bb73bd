"""Which shop keys open, what they may do, and the browser grant."""

import json
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from pytest_httpserver import HTTPServer

from chargedesk.kit import clock
from gateways.contract import Credentials, InboundRequest
from gateways.errors import CredentialsError, PayloadError
from gateways.woocommerce import ADAPTER
from gateways.woocommerce.grant import authorize_url, granted_keys
from tests.contracts.woocommerce.harness import WooCommerceHarness

GRANT = {
    "key_id": 1,
    "user_id": "state-of-ours",
    "consumer_key": "ck_granted",
    "consumer_secret": "cs_granted",
    "key_permissions": "read_write",
}


def test_the_shop_names_itself_whatever_was_typed(shop: WooCommerceHarness) -> None:
    """M10: an account is connected once."""
    found = ADAPTER.check(shop.credentials())
    assert found.account_id == f"{shop.account}.example"
    assert {each.name for each in found.permissions if each.is_required} == {"orders.read"}


def test_probing_changes_nothing(shop: WooCommerceHarness) -> None:
    ADAPTER.check(shop.credentials())
    assert shop.effects() == []


def test_a_shop_without_the_plug_in_is_not_asked_for_it(shop: WooCommerceHarness) -> None:
    shop.control("settings", **{f"woocommerce.subscriptions.{shop.account}": 0})
    found = ADAPTER.check(shop.credentials())
    assert not [each for each in found.permissions if each.name.startswith("subscriptions")]
    assert all(each.is_granted for each in found.permissions)


@pytest.mark.parametrize("words", ["", "cannot_create"])
def test_a_key_that_may_only_read_is_told_apart(shop: WooCommerceHarness, words: str) -> None:
    shop.control("settings", **{"woocommerce.read_key_refusal": words})
    try:
        found = ADAPTER.check(shop.limited_credentials())
    finally:
        shop.control("settings", **{"woocommerce.read_key_refusal": ""})
    granted = {each.name for each in found.permissions if each.is_granted}
    assert granted == {
        *("orders.read", "customers.read", "products.read", "coupons.read", "subscriptions.read")
    }


def test_a_shop_that_hides_its_index_is_known_by_its_address(
    httpserver: HTTPServer, credentials: Credentials
) -> None:
    hidden = {"code": "rest_cannot_access", "message": "no", "data": {"status": 401}}
    httpserver.expect_request("/wp-json/").respond_with_json(hidden, status=401)
    for path in ("orders", "customers", "products", "coupons"):
        httpserver.expect_request(f"/wp-json/wc/v3/{path}").respond_with_json([])
    gone = {"code": "woocommerce_rest_shop_order_invalid_id", "message": ""}
    httpserver.expect_request("/wp-json/wc/v3/orders/0/refunds").respond_with_json(gone, status=404)
    httpserver.expect_request("/wp-json/wc/v3/webhooks/0").respond_with_json(gone, status=404)
    found = ADAPTER.check(credentials)
    assert found.account_id == urlsplit(credentials.api_base).netloc
    assert all(each.is_granted for each in found.permissions)


@pytest.mark.parametrize("name", ["consumer_key", "consumer_secret"])
def test_what_is_no_key_is_never_sent(shop: WooCommerceHarness, name: str) -> None:
    values = {**shop.credentials().values, name: "sk_live_something"}
    with pytest.raises(CredentialsError) as caught:
        ADAPTER.check(replace(shop.credentials(), values=values))
    assert caught.value.parameter == name


def test_where_a_person_approves() -> None:
    """A2: "All five needed"."""
    address = authorize_url(
        Credentials(values={"shop_url": "shop.example/store"}),
        state="state of ours",
        return_url="https://desk.example/back",
        callback_url="https://desk.example/keys",
    )
    parts = urlsplit(address)
    assert (parts.scheme, parts.netloc) == ("https", "shop.example")
    assert parts.path == "/store/wc-auth/v1/authorize"
    assert parse_qs(parts.query) == {
        "app_name": ["ChargeDesk"],
        "scope": ["read_write"],
        "user_id": ["state of ours"],
        "return_url": ["https://desk.example/back"],
        "callback_url": ["https://desk.example/keys"],
    }


def test_a_desk_without_https_asks_for_typed_keys() -> None:
    """A2: "callback_url must be https"."""
    with pytest.raises(CredentialsError):
        authorize_url(
            Credentials(values={"shop_url": "shop.example"}),
            state="s",
            return_url="http://x",
            callback_url="http://desk.example/",
        )


def _posted(**changed: object) -> InboundRequest:
    return InboundRequest(
        method="POST",
        path="/connect/woocommerce/",
        query="",
        headers={"content-type": "application/json;charset=UTF-8"},
        body=json.dumps({**GRANT, **changed}).encode(),
        received_at=clock.now(),
    )


def test_granted_keys_are_read_and_not_shown() -> None:
    keys = granted_keys(_posted())
    assert keys.state == "state-of-ours"
    assert keys.values == {"consumer_key": "ck_granted", "consumer_secret": "cs_granted"}
    assert "granted" not in repr(keys)


@pytest.mark.parametrize(
    "changed",
    [
        *({"consumer_key": "x"}, {"consumer_secret": None}, {"key_permissions": "read"}),
        *({"consumer_key": "ck_\u00e9"}, {"consumer_secret": "cs_" + "x" * 5000}),
    ],
)
def test_what_is_no_grant(changed: dict[str, object]) -> None:
    with pytest.raises(PayloadError):
        granted_keys(_posted(**changed))


def test_other_requests_are_no_grant() -> None:
    odd = [replace(_posted(), method="GET"), replace(_posted(), headers={})]
    odd += [replace(_posted(), body=each) for each in (b"", b"[]", b'{"user_id": "x"}')]
    for each in odd:
        with pytest.raises(PayloadError):
            granted_keys(each)
