"""Webhooks: pinged, signed, built late, merged, never repeated (reference A4)."""

import base64
import hashlib
import hmac
import json
import time
from uuid import uuid4

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from tests.sandbox.woocommerce.shop import Json, Shop

SECRET = "lettersanddigits0"  # noqa: S105  made up, for this test only


class _Heard:
    """What has arrived at a server of the test's own."""

    def __init__(self, server: HTTPServer, status: int = 200) -> None:
        self.requests: list[tuple[dict[str, str], bytes]] = []
        # The server outlives a test: a ping of the one before may come late.
        path = f"/hook/{uuid4()}"
        self.url = server.url_for(path)
        self._status = status
        server.expect_request(path).respond_with_handler(self._take)

    def _take(self, request: Request) -> Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.requests.append((headers, request.get_data()))
        return Response(status=self._status)

    def wait_for(self, count: int) -> None:
        end = time.monotonic() + 30
        while len(self.requests) < count and time.monotonic() < end:
            time.sleep(0.02)
        assert len(self.requests) >= count


def _register(shop: Shop, url: str, topic: str = "order.updated") -> Json:
    body = {"name": "test", "topic": topic, "delivery_url": url, "secret": SECRET}
    made = shop.call("POST", "webhooks", body)
    assert made.status_code == 201, made.text
    return dict(made.json())


def test_the_secret_is_never_shown(shop: Shop, httpserver: HTTPServer) -> None:
    # A4: "Answer 201 has id, status, hooks; never the secret".
    made = _register(shop, _Heard(httpserver).url)
    assert made["status"] == "active"
    assert SECRET not in json.dumps([made, shop.get("webhooks")])


def test_a_new_webhook_is_pinged_without_a_signature(shop: Shop, httpserver: HTTPServer) -> None:
    # A4: "body webhook_id=<n>, no X-WC headers, no signature".
    heard = _Heard(httpserver)
    made = _register(shop, heard.url)
    heard.wait_for(1)
    headers, body = heard.requests[0]
    assert body == b"webhook_id=%d" % made["id"]
    assert headers["content-type"] == "application/x-www-form-urlencoded"
    assert not [name for name in headers if name.startswith("x-wc")]


def test_news_is_signed_over_the_raw_body(shop: Shop, httpserver: HTTPServer) -> None:
    # A4: "base64 of the raw digest of HMAC-SHA256"; "a refund arrives as order.updated".
    heard = _Heard(httpserver)
    _register(shop, heard.url)
    heard.wait_for(1)
    shop.refund(shop.orders[0], "5.00")
    heard.wait_for(2)
    headers, body = heard.requests[1]
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).digest()
    assert headers["x-wc-webhook-signature"] == base64.b64encode(digest).decode()
    assert headers["x-wc-webhook-topic"] == "order.updated"
    assert json.loads(body)["refunds"][0]["total"] == "-5.00"


def test_bodies_are_built_late_and_pending_ones_merged(shop: Shop, httpserver: HTTPServer) -> None:
    # A4: "Body is built at delivery time", "5 changes may give 1 delivery".
    heard = _Heard(httpserver)
    _register(shop, heard.url)
    heard.wait_for(1)
    shop.program.control("POST", "deliveries", {"do": "pause"})
    try:
        for _ in range(3):
            shop.refund(shop.orders[0], "1.00")
    finally:
        shop.program.control("POST", "deliveries", {"do": "resume"})
    heard.wait_for(2)
    time.sleep(0.3)
    assert len(heard.requests) == 2
    assert len(json.loads(heard.requests[1][1])["refunds"]) == 3


def test_a_failed_delivery_is_never_repeated(shop: Shop, httpserver: HTTPServer) -> None:
    # A4: "No retry of a failed delivery".
    heard = _Heard(httpserver, status=500)
    hook = _register(shop, heard.url)
    heard.wait_for(1)
    shop.refund(shop.orders[0], "1.00")
    heard.wait_for(2)
    time.sleep(1.5)
    assert len(heard.requests) == 2
    rows = shop.program.control("GET", "deliveries", None, endpoint=str(hook["id"]))["deliveries"]
    assert {each["state"] for each in rows} == {"failed"}


def test_a_deleted_object_is_only_its_id(shop: Shop, httpserver: HTTPServer) -> None:
    # A4: "Deleted event body is only {"id": n}".
    heard = _Heard(httpserver)
    _register(shop, heard.url, "order.deleted")
    heard.wait_for(1)
    shop.act(shop.orders[0], "delete")
    heard.wait_for(2)
    assert json.loads(heard.requests[1][1]) == {"id": int(shop.orders[0])}


def test_topics_of_a_plug_in_that_is_not_there(shop: Shop) -> None:
    shop.switch(subscriptions=0)
    body = {"topic": "subscription.updated", "delivery_url": "https://hook.example/"}
    assert shop.call("POST", "webhooks", body).status_code == 400
