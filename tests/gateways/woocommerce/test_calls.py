"""How a call is made: signed, bounded, only to the address that was typed, and read with care."""

import base64
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from chargedesk.kit import clock
from gateways import guarded
from gateways.contract import Credentials, Order
from gateways.errors import (
    CredentialsError,
    GatewayError,
    InvalidOrderError,
    NotFoundError,
    OutcomeUnknownError,
    RateLimitedError,
    UnavailableError,
)
from gateways.snapshots import ObjectKind
from gateways.woocommerce import ADAPTER
from gateways.woocommerce.address import shop_base
from gateways.woocommerce.client import get, get_before
from gateways.woocommerce.documents import UNREADABLE, items_with_text, one
from gateways.woocommerce.signing import Keys, signature
from tests.gateways.woocommerce.conftest import KEYS
from tests.gateways.woocommerce.recorded import recorded

ORDERS = "/wp-json/wc/v3/orders"


def test_the_signature_is_what_others_make_of_it() -> None:
    """Made with oauthlib 3 from the same keys, nonce and time."""
    query = {
        "after": "2020-01-01T00:00:00",
        "include": "1,2",
        "search": "a b~ü",
        "oauth_consumer_key": "ck_vector",
        "oauth_nonce": "nonce1",
        "oauth_signature_method": "HMAC-SHA256",
        "oauth_timestamp": "1700000000",
        "oauth_version": "1.0",
    }
    made = signature(
        Keys("ck_vector", "cs_vector"), "GET", "http://shop.example/wp-json/wc/v3/orders", query
    )
    assert made == "AhEHfZUHf80zhEFdNL+sDrRNEs4+XEpgX/EMeD+S/fs="


def test_the_secret_never_travels_over_plain_http(
    httpserver: HTTPServer, credentials: Credentials
) -> None:
    httpserver.expect_request(f"{ORDERS}/12").respond_with_json({"id": 12})
    get(credentials, "/orders/12")
    request = httpserver.log[0][0]
    assert "Authorization" not in request.headers
    assert request.args["oauth_consumer_key"] == KEYS["consumer_key"]
    assert KEYS["consumer_secret"] not in str(request.url) + str(request.headers)


@pytest.fixture
def secure_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HTTPServer]:
    """A shop with https and a certificate of this test's own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "shop.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    guarded._pool.cache_clear()
    with HTTPServer(host="localhost", ssl_context=context) as server:
        yield server
    guarded._pool.cache_clear()


def test_keys_are_basic_over_https(secure_server: HTTPServer) -> None:
    secure_server.expect_request(f"{ORDERS}/12").respond_with_json({"id": 12})
    base = secure_server.url_for("").rstrip("/")
    assert get(Credentials(values=KEYS, api_base=base), "/orders/12").object() == {"id": 12}
    request = secure_server.log[0][0]
    scheme, _, pair = request.headers["Authorization"].partition(" ")
    assert (scheme, base64.b64decode(pair)) == ("Basic", b"ck_scripted:cs_scripted")
    assert not request.args


def test_a_certificate_nobody_vouches_for_is_refused(
    secure_server: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    guarded._pool.cache_clear()
    base = secure_server.url_for("").rstrip("/")
    with pytest.raises(UnavailableError):
        get(Credentials(values=KEYS, api_base=base), "/orders/12")


@pytest.mark.parametrize(
    "typed",
    [
        *("http://127.0.0.1", "https://localhost", "http://10.1.2.3", "http://192.168.1.1:8080"),
        *("http://169.254.169.254/latest", "http://[::1]", "http://[::ffff:127.0.0.1]"),
        *("http://0.0.0.0", "http://100.64.0.1"),
    ],
)
def test_no_address_inside_our_own_network_is_called(typed: str) -> None:
    with pytest.raises(CredentialsError) as caught:
        get(Credentials(values={**KEYS, "shop_url": typed}), "/orders")
    assert caught.value.parameter == "shop_url"


@pytest.mark.parametrize(
    ("typed", "base"),
    [
        ("shop.example", "https://shop.example"),
        (" https://Shop.Example/ ", "https://shop.example"),
        ("http://shop.example/Store/", "http://shop.example/Store"),
        ("https://shop.example/?a=b#c", "https://shop.example"),
    ],
)
def test_addresses_as_people_type_them(typed: str, base: str) -> None:
    assert shop_base(Credentials(values={"shop_url": typed})) == base


@pytest.mark.parametrize(
    "typed", ["", "ftp://shop.example", "https://", "https://a:b@shop.example", "http://[", "a b"]
)
def test_what_is_no_address(typed: str) -> None:
    with pytest.raises(CredentialsError):
        shop_base(Credentials(values={"shop_url": typed}))


def test_keys_follow_no_redirect(httpserver: HTTPServer, credentials: Credentials) -> None:
    elsewhere = {"Location": httpserver.url_for("/elsewhere")}
    httpserver.expect_request(f"{ORDERS}/12").respond_with_data(status=301, headers=elsewhere)
    with pytest.raises(CredentialsError):
        get(credentials, "/orders/12")
    assert len(httpserver.log) == 1


def test_an_endless_answer_is_cut_off(
    httpserver: HTTPServer, credentials: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guarded, "LARGEST_BODY", 1000)
    httpserver.expect_request(f"{ORDERS}/12").respond_with_data("x" * 2000)
    with pytest.raises(UnavailableError):
        get(credentials, "/orders/12")


def test_a_trickle_does_not_stretch_the_deadline(
    httpserver: HTTPServer, credentials: Credentials
) -> None:
    """M3."""

    def drip(_: Request) -> Response:
        def chunks() -> Iterator[bytes]:
            for _ in range(20):
                time.sleep(0.2)
                yield b" "

        return Response(chunks())

    httpserver.expect_request(f"{ORDERS}/12").respond_with_handler(drip)
    before = time.monotonic()
    with pytest.raises(UnavailableError):
        get_before(credentials, "/orders/12", before + 0.5, query={})
    # The trickle itself takes four seconds; a busy machine may be late.
    assert time.monotonic() - before < 3


@pytest.fixture
def busy_server() -> Iterator[HTTPServer]:
    """A shop that answers several at a time."""
    with HTTPServer(threaded=True) as server:
        yield server


def test_slow_lists_delay_no_refund(busy_server: HTTPServer, refund: Order) -> None:
    """At most two reads at a time go to a shop; an order waits for none of them."""
    has_begun, is_sent = threading.Semaphore(0), threading.Event()

    def slowly(_: Request) -> Response:
        has_begun.release()
        is_sent.wait(20)
        return Response("[]")

    credentials = Credentials(values=KEYS, api_base=busy_server.url_for("").rstrip("/"))
    order = recorded("order_processing", id=12)
    row = recorded("refund_by_gateway", amount="10.00")
    busy_server.expect_request(ORDERS).respond_with_handler(slowly)
    busy_server.expect_request(f"{ORDERS}/12", method="GET").respond_with_json(order)
    busy_server.expect_request(f"{ORDERS}/12/refunds").respond_with_json(row, status=201)
    (step,) = ADAPTER.freeze(refund)
    with ThreadPoolExecutor(2) as pool:
        lists = [pool.submit(ADAPTER.page, credentials, ObjectKind.CHARGE) for _ in range(2)]
        for _ in lists:
            assert has_begun.acquire(timeout=10)
        deadline = clock.now() + timedelta(seconds=10)
        try:
            outcome = ADAPTER.send(credentials, refund, step, deadline=deadline)
        finally:
            is_sent.set()
    assert outcome.state == "succeeded"
    assert not outcome.carries_marker


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, "", UnavailableError),
        (200, "<html>Just a moment...</html>", UnavailableError),
        (500, '{"code": "internal_server_error", "message": "<p>x</p>"}', UnavailableError),
        (404, "<html>not found</html>", UnavailableError),
        (404, '{"code": "rest_no_route"}', NotFoundError),
        (404, '{"code": "woocommerce_rest_shop_order_invalid_id"}', NotFoundError),
        (400, '{"code": "rest_invalid_param"}', InvalidOrderError),
        (401, '{"code": "woocommerce_rest_authentication_error"}', CredentialsError),
        (403, '{"code": "woocommerce_rest_cannot_view"}', CredentialsError),
        (403, "<html>Attention Required!</html>", UnavailableError),
        (429, "<html>slow down</html>", RateLimitedError),
        (503, "<html>maintenance</html>", RateLimitedError),
        (508, "", RateLimitedError),
    ],
)
def test_what_a_read_is_answered(
    httpserver: HTTPServer,
    credentials: Credentials,
    status: int,
    body: str,
    error: type[GatewayError],
) -> None:
    httpserver.expect_request(f"{ORDERS}/12").respond_with_data(body, status=status)
    with pytest.raises(error):
        ADAPTER.read(credentials, ObjectKind.CHARGE, "12")


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (500, '{"code": "woocommerce_rest_cannot_create_order_refund"}', OutcomeUnknownError),
        (503, "<html>maintenance</html>", OutcomeUnknownError),
        (508, "", OutcomeUnknownError),
        (302, "", OutcomeUnknownError),
        (200, "", OutcomeUnknownError),
        (200, "{}", OutcomeUnknownError),
        (201, '{"id": 7, "amount": "", "refunded_payment": true}', OutcomeUnknownError),
        (201, '{"id": 7, "amount": "10.00", "refunded_payment": false}', OutcomeUnknownError),
        (201, '{"amount": "10.00", "refunded_payment": true}', OutcomeUnknownError),
        (201, '{"id": 7, "amount": 10, "refunded_payment": true}', OutcomeUnknownError),
        (404, "<html>not found</html>", OutcomeUnknownError),
        (408, '{"code": "request_timeout"}', OutcomeUnknownError),
        (409, '{"code": "in_progress"}', OutcomeUnknownError),
        (425, '{"code": "too_early"}', OutcomeUnknownError),
        (400, '{"code": "rest_invalid_param"}', InvalidOrderError),
        (401, '{"code": "woocommerce_rest_authentication_error"}', CredentialsError),
        (401, '{"code": "woocommerce_rest_cannot_create"}', CredentialsError),
        (404, '{"code": "woocommerce_rest_shop_order_invalid_id"}', NotFoundError),
        (429, "", RateLimitedError),
    ],
)
def test_what_a_refund_is_answered(
    httpserver: HTTPServer,
    credentials: Credentials,
    refund: Order,
    status: int,
    body: str,
    error: type[GatewayError],
) -> None:
    """M5."""
    order = recorded("order_processing", id=12)
    httpserver.expect_request(f"{ORDERS}/12", method="GET").respond_with_json(order)
    httpserver.expect_request(f"{ORDERS}/12/refunds", method="POST").respond_with_data(
        body, status=status
    )
    (step,) = ADAPTER.freeze(refund)
    with pytest.raises(error) as caught:
        ADAPTER.send(credentials, refund, step, deadline=clock.now() + timedelta(seconds=5))
    if isinstance(caught.value, CredentialsError):
        assert caught.value.missing


def test_a_host_that_names_a_time_gets_it(httpserver: HTTPServer, credentials: Credentials) -> None:
    for told, seconds in (("7", 7), ("soon", 5), ("999999", 3600)):
        httpserver.expect_oneshot_request(f"{ORDERS}/12").respond_with_data(
            status=429, headers={"Retry-After": told}
        )
        with pytest.raises(RateLimitedError) as caught:
            get(credentials, "/orders/12")
        assert caught.value.retry_after == seconds


def test_notices_of_php_before_the_document_are_overlooked() -> None:
    """Reference A3: "shops print PHP notices before the JSON"."""
    notice = b'<br />\n<b>Notice</b>: Undefined index [x] in {main}, "a" => [1]\n'
    assert one(notice + b'{"id": 12}') == {"id": 12}
    assert one(b'\xef\xbb\xbf{"id": 12}\n') == {"id": 12}
    assert items_with_text(notice + b' [{"id": 1}, {"id":2}]') == [
        ({"id": 1}, b'{"id": 1}'),
        ({"id": 2}, b'{"id":2}'),
    ]


@pytest.mark.parametrize("body", [b"", b"x", b"[1]", b'{"a": 1', b"[{}]x", b"[" * 5000, b"\xff"])
def test_what_is_no_document(body: bytes) -> None:
    with pytest.raises(UNREADABLE):
        one(body)


def test_another_object_than_asked_for_is_not_believed(
    httpserver: HTTPServer, credentials: Credentials
) -> None:
    order = recorded("order_processing", id=13)
    httpserver.expect_request(f"{ORDERS}/12").respond_with_json(order)
    with pytest.raises(GatewayError):
        ADAPTER.read(credentials, ObjectKind.CHARGE, "12")
