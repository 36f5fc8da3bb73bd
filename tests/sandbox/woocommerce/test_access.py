"""Keys: what works over https, what over plain http, and with which rights (reference A2)."""

import base64
import hmac
import time
import uuid
from urllib.parse import quote, urlencode

import pytest
import requests

from tests.sandbox.program import Program
from tests.sandbox.woocommerce.shop import HTTPS, Shop, open_shop

Query = dict[str, str]


def _signed(shop: Shop, path: str, *, secret: str = "", age: float = 0, **more: str) -> Query:
    """Sign by hand: the sandbox shares no code with the product, nor this test with either."""
    method = more.pop("method", "HMAC-SHA256")
    query = {
        **more,
        "oauth_consumer_key": shop.key,
        "oauth_nonce": uuid.uuid4().hex,
        "oauth_signature_method": method,
        "oauth_timestamp": str(int(time.time() - age)),
    }
    sorted_query = urlencode(sorted(query.items()), quote_via=quote, safe="-._~")
    base = "&".join(quote(each, safe="") for each in ("GET", shop.url(path), sorted_query))
    digest = method.removeprefix("HMAC-").lower()
    key = f"{secret or shop.secret}&".encode()
    signature = base64.b64encode(hmac.new(key, base.encode(), digest).digest()).decode()
    return {**query, "oauth_signature": signature}


def _get(shop: Shop, path: str, query: Query) -> requests.Response:
    written = urlencode(query, quote_via=quote)
    return requests.get(f"{shop.url(path)}?{written}", timeout=10)


def _code(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "") if answer.status_code != 200 else ""


def test_basic_counts_over_https_only(shop: Shop) -> None:
    # A2: "https + Basic 200", "plain http + Basic 401 woocommerce_rest_cannot_view".
    keys = (shop.key, shop.secret)
    secure = requests.get(shop.url("orders"), auth=keys, headers=HTTPS, timeout=10)
    plain = requests.get(shop.url("orders"), auth=keys, timeout=10)
    assert _code(secure) == (200, "")
    assert _code(plain) == (401, "woocommerce_rest_cannot_view")


def test_keys_in_the_query_count_over_https(shop: Shop) -> None:
    query = {"consumer_key": shop.key, "consumer_secret": shop.secret}
    answer = requests.get(shop.url("orders"), query, headers=HTTPS, timeout=10)
    assert _code(answer) == (200, "")


@pytest.mark.parametrize("method", ["HMAC-SHA256", "HMAC-SHA1"])
def test_a_signature_counts_over_plain_http(shop: Shop, method: str) -> None:
    # A2: "one-legged, HMAC-SHA256 or SHA1, key = secret + &".
    query = _signed(shop, "orders", method=method, after="2020-01-01T00:00:00", search="a b~ü")
    assert _code(_get(shop, "orders", query)) == (200, "")


def test_a_nonce_is_used_once(shop: Shop) -> None:
    # A2: "nonce is single use per key".
    query = _signed(shop, "orders")
    assert _code(_get(shop, "orders", query)) == (200, "")
    again = _get(shop, "orders", query)
    assert _code(again) == (401, "woocommerce_rest_authentication_error")


def test_a_signature_lives_for_a_quarter_of_an_hour(shop: Shop) -> None:
    # A2: "clock window 15 minutes".
    for age, status in ((14 * 60, 200), (16 * 60, 401)):
        assert _get(shop, "orders", _signed(shop, "orders", age=age)).status_code == status


def test_a_wrong_secret_or_key_is_refused(shop: Shop) -> None:
    # A2: "wrong secret / unknown key 401 woocommerce_rest_authentication_error".
    wrong = (401, "woocommerce_rest_authentication_error")
    for keys in ((shop.key, "cs_wrong"), ("ck_nobody", shop.secret)):
        answer = requests.get(shop.url("orders"), auth=keys, headers=HTTPS, timeout=10)
        assert _code(answer) == wrong
    forged = _signed(shop, "orders", secret="cs_wrong")  # noqa: S106  made up
    assert _code(_get(shop, "orders", forged)) == wrong
    changed = _signed(shop, "orders") | {"search": "added"}
    assert _code(_get(shop, "orders", changed)) == wrong


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("", "woocommerce_rest_authentication_error"),
        ("cannot_create", "woocommerce_rest_cannot_create"),
    ],
)
def test_a_key_that_may_only_read(program: Program, words: str, code: str) -> None:
    # A2: "Permission read, write or read_write"; A7 has two codes for it, unsure which: both ways.
    shop = open_shop(program, permissions=["read"], seed={"charges": 1})
    program.control("POST", "settings", {"woocommerce.read_key_refusal": words})
    try:
        assert shop.call("GET", "orders").status_code == 200
        assert _code(shop.refund(shop.orders[0], "1.00")) == (401, code)
    finally:
        program.control("POST", "settings", {"woocommerce.read_key_refusal": ""})
    assert shop.money()[shop.orders[0]]["refunds"] == 0


def test_keys_open_their_own_shop_only(program: Program, shop: Shop) -> None:
    other = open_shop(program)
    answer = other.call("GET", f"orders/{shop.orders[0]}")
    assert _code(answer) == (404, "woocommerce_rest_shop_order_invalid_id")


def test_the_index_tells_what_a_shop_can(shop: Shop) -> None:
    # A2: "GET /wp-json/ and look in routes".
    address = shop.url("").removesuffix("wc/v3/")
    keys = (shop.key, shop.secret)
    for has_plugin in (1, 0):
        shop.switch(subscriptions=has_plugin)
        index = requests.get(address, auth=keys, headers=HTTPS, timeout=10).json()
        assert ("/wc/v3/subscriptions" in index["routes"]) is bool(has_plugin)
        listed = shop.call("GET", "subscriptions")
        assert _code(listed) == ((200, "") if has_plugin else (404, "rest_no_route"))
