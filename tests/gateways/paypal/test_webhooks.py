"""Which webhooks are believed (reference 3.2)."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chargedesk.kit import clock
from gateways.contract import InboundRequest
from gateways.errors import SignatureError
from gateways.paypal import ADAPTER, PayPalAdapter
from gateways.paypal.certificates import LIVE, Trust, signing_key, system_roots
from gateways.paypal.webhooks import opened, sealed
from gateways.snapshots import ObjectKind
from tests.contracts.harness import RECORDINGS
from tests.contracts.paypal.certificates import DAY, URL, Authority, authority, headers_for
from tests.contracts.paypal.harness import PayPalHarness

BODY = (RECORDINGS / "paypal" / "event_capture_completed.json").read_bytes()
WEBHOOK = "8PT597110X687430L"


def _request(*, url: str = URL, body: bytes = BODY, **headers: str) -> InboundRequest:
    signed = headers_for(body, WEBHOOK, clock.now(), url=url)
    return InboundRequest(
        method="POST",
        path="/",
        query="",
        headers={**signed, **headers},
        body=body,
        received_at=clock.now(),
    )


def _verify(trust: Trust, request: InboundRequest) -> None:
    PayPalAdapter(trust=trust).parse_webhook(request, secrets=[WEBHOOK])


def _never(url: str) -> bytes:
    raise AssertionError(f"{url} was fetched")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://api.paypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com.example.org/v1/notifications/certs/CERT-1",
        "https://paypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com:8443/v1/notifications/certs/CERT-1",
        "https://api.paypal.com@example.org/v1/notifications/certs/CERT-1",
        "https://example.org@api.paypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com/v1/notifications/CERT-1",
        "https://api.paypal.com/v1/notifications/certs/../../oauth2",
        "https://api.paypal.com/v1/notifications/certs/CERT-1?next=1",
        "https://api.paypal.com/v1/notifications/certs/",
        "https://127.0.0.1/v1/notifications/certs/CERT-1",
        "https://[::1/v1/notifications/certs/CERT-1",
        "file:///v1/notifications/certs/CERT-1",
    ],
)
def test_a_certificate_elsewhere_is_never_fetched(url: str) -> None:
    """The address comes with the message: following it would let anybody aim our requests."""
    trust = Trust(roots=list, fetch=_never)
    with pytest.raises(SignatureError):
        _verify(trust, _request(url=url))


@pytest.mark.parametrize(
    "url",
    [
        f"https://{host}/v1/notifications/certs/CERT-360caa42-fca2a594"
        for host in (
            "api.paypal.com",
            "api.sandbox.paypal.com",
            "api-m.paypal.com",
            "api-m.sandbox.paypal.com",
        )
    ],
)
def test_paypals_four_hosts_are_believed(url: str) -> None:
    own = authority()
    _verify(own.trust(own.vouch()), _request(url=url))


def test_a_chain_that_nobody_trusts_is_refused() -> None:
    stranger = Authority.make()
    with pytest.raises(SignatureError):
        _verify(authority().trust(stranger.vouch()), _request())


def test_live_trust_is_the_system_s_and_not_the_tests_own() -> None:
    assert len(system_roots()) > 50
    trust = Trust(roots=LIVE.roots, fetch=lambda _: authority().vouch())
    with pytest.raises(SignatureError):
        signing_key(trust, URL, at=clock.now())


@pytest.mark.parametrize(
    ("age", "life"), [(40 * DAY, 30 * DAY), (-DAY, 30 * DAY)], ids=["over", "not yet"]
)
def test_dates_of_the_certificate_count(age: timedelta, life: timedelta) -> None:
    own = authority()
    with pytest.raises(SignatureError):
        _verify(own.trust(own.vouch(age=age, life=life)), _request())


@pytest.mark.parametrize("owner", ["example.org", "paypal.com.example.org", "notpaypal.com"])
def test_a_certificate_of_somebody_else_is_refused(owner: str) -> None:
    own = authority()
    with pytest.raises(SignatureError):
        _verify(own.trust(own.vouch(owner=owner)), _request())


def test_a_certificate_that_is_none_is_refused() -> None:
    with pytest.raises(SignatureError):
        _verify(authority().trust(b"<html>"), _request())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("paypal-auth-algo", "SHA1withRSA"),
        ("paypal-auth-algo", ""),
        ("paypal-transmission-id", ""),
        ("paypal-transmission-id", "another"),
        ("paypal-transmission-time", ""),
        ("paypal-transmission-time", "yesterday"),
        ("paypal-transmission-time", "2026-03-01T12:00:00"),
        ("paypal-transmission-sig", ""),
        ("paypal-transmission-sig", "not base64!"),
        ("paypal-transmission-sig", "QUJD"),
    ],
)
def test_each_header_counts(name: str, value: str) -> None:
    own = authority()
    with pytest.raises(SignatureError):
        _verify(
            own.trust(own.vouch()), replace(_request(), headers={**_request().headers, name: value})
        )


def test_a_simulator_is_trusted_by_its_own_secret_only(paypal: PayPalHarness) -> None:
    """Trust in another authority comes with the endpoint made there, and needs an `api_base`."""
    endpoint = ADAPTER.register_webhook(paypal.credentials(), url="http://127.0.0.1:9/hook/")
    webhook_id, trust = opened(endpoint.secret)
    assert webhook_id == endpoint.external_id
    assert trust is not None
    assert opened(sealed("8PT5")) == ("8PT5", None)
    assert opened("8PT597110X687430L") == ("8PT597110X687430L", None)
    with pytest.raises(SignatureError):
        ADAPTER.parse_webhook(_request(), secrets=[endpoint.secret])


@pytest.mark.parametrize(
    ("news", "resource", "kind", "object_id"),
    [
        ("PAYMENT.CAPTURE.COMPLETED", {"id": "C1"}, ObjectKind.CHARGE, "C1"),
        ("PAYMENT.CAPTURE.REFUNDED", {"id": "R1"}, ObjectKind.REFUND, "R1"),
        ("PAYMENT.REFUND.FAILED", {"id": "R1"}, ObjectKind.REFUND, "R1"),
        ("PAYMENT.SALE.COMPLETED", {"id": "S1"}, ObjectKind.CHARGE, "S1"),
        ("PAYMENT.SALE.REFUNDED", {"id": "R1", "sale_id": "S1"}, ObjectKind.CHARGE, "S1"),
        ("PAYMENT.AUTHORIZATION.VOIDED", {"id": "A1"}, ObjectKind.CHARGE, "A1"),
        ("CUSTOMER.DISPUTE.CREATED", {"dispute_id": "PP-D-1"}, ObjectKind.DISPUTE, "PP-D-1"),
        ("BILLING.SUBSCRIPTION.CANCELLED", {"id": "I-1"}, ObjectKind.SUBSCRIPTION, "I-1"),
        ("INVOICING.INVOICE.PAID", {"invoice": {"id": "INV2-1"}}, ObjectKind.INVOICE, "INV2-1"),
        ("CHECKOUT.ORDER.APPROVED", {"id": "O1"}, None, ""),
        ("SOMETHING.NEW", {"id": "X"}, None, ""),
    ],
)
def test_news_are_hints(
    news: str, resource: dict[str, Any], kind: ObjectKind | None, object_id: str
) -> None:
    body = {**json.loads(BODY), "event_type": news, "resource": resource}
    (event,) = ADAPTER.parse_stored(json.dumps(body).encode())
    assert (event.kind, event.object_id, event.snapshot) == (kind, object_id, None)
