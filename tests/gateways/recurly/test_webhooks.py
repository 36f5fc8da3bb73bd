"""News: signed by Recurly's scheme, without state, so always read again (reference B4)."""

import hashlib
import hmac
import json

import pytest

from chargedesk.kit import clock
from gateways.contract import InboundRequest
from gateways.errors import PayloadError, SignatureError
from gateways.recurly import ADAPTER
from gateways.snapshots import ObjectKind
from tests.contracts.harness import RECORDINGS

SECRET = "endpoint secret"  # noqa: S105  made up
EVENT = json.loads((RECORDINGS / "recurly" / "event_payment.json").read_text())


def _request(body: bytes, header: str) -> InboundRequest:
    return InboundRequest(
        method="POST",
        path="/",
        query="",
        headers={"recurly-signature": header},
        body=body,
        received_at=clock.now(),
    )


def _header(body: bytes, *secrets: str) -> str:
    made_at = int(clock.now().timestamp() * 1000)
    message = f"{made_at}.".encode() + body
    signed = [hmac.new(each.encode(), message, hashlib.sha256).hexdigest() for each in secrets]
    return ",".join([str(made_at), *signed])


def test_any_of_several_signatures_is_enough() -> None:
    """During a rotation Recurly signs with the old and the new secret."""
    body = json.dumps(EVENT).encode()
    for secrets in (("other", SECRET), (SECRET, "other"), (SECRET,)):
        request = _request(body, _header(body, *secrets))
        assert ADAPTER.parse_webhook(request, secrets=[SECRET])


@pytest.mark.parametrize(
    "header", ["", "1", ",aa", "x,aa", "1,", "-1,aa", "1,é", f"{'9' * 40},aa", ",,,", "1.5,aa"]
)
def test_a_mangled_signature_is_refused(header: str) -> None:
    with pytest.raises(SignatureError):
        ADAPTER.parse_webhook(_request(b"{}", header), secrets=[SECRET])


def test_xml_is_refused() -> None:
    body = b"<?xml version='1.0'?><successful_payment_notification/>"
    with pytest.raises(PayloadError):
        ADAPTER.parse_webhook(_request(body, _header(body, SECRET)), secrets=[SECRET])


@pytest.mark.parametrize(
    ("object_type", "more", "kind", "object_id"),
    [
        ("account", {}, ObjectKind.CUSTOMER, "id1"),
        ("subscription", {}, ObjectKind.SUBSCRIPTION, "id1"),
        ("charge_invoice", {}, ObjectKind.INVOICE, "id1"),
        ("credit_invoice", {}, ObjectKind.INVOICE, "id1"),
        ("payment", {}, ObjectKind.CHARGE, "uuid-u1"),
        ("payment", {"uuid": None}, ObjectKind.CHARGE, "id1"),
        ("billing_info", {"account_code": "c1"}, ObjectKind.CUSTOMER, "code-c1"),
        ("billing_info", {}, None, ""),
        ("gift_card", {}, None, ""),
        ("something_new", {}, None, ""),
    ],
)
def test_what_is_read_again(
    object_type: str, more: dict[str, object], kind: ObjectKind | None, object_id: str
) -> None:
    told = {**EVENT, "id": "id1", "uuid": "u1", "object_type": object_type, **more}
    (event,) = ADAPTER.parse_stored(json.dumps(told).encode())
    assert (event.kind, event.object_id, event.snapshot) == (kind, object_id, None)


def test_a_delivery_is_known_by_all_its_parts() -> None:
    """Recurly gives it no id of its own; a repetition has the same parts."""
    again = ADAPTER.parse_stored(json.dumps(EVENT).encode())[0].event_id
    assert again == ADAPTER.parse_stored(json.dumps(EVENT, indent=1).encode())[0].event_id
    for field in ("id", "event_type", "object_type", "site_id"):
        other = json.dumps({**EVENT, field: "another"}).encode()
        assert ADAPTER.parse_stored(other)[0].event_id != again


@pytest.mark.parametrize("time", [None, "", "yesterday", "2026-03-01T12:00:00"])
def test_news_without_a_time_is_refused(time: str | None) -> None:
    with pytest.raises(PayloadError):
        ADAPTER.parse_stored(json.dumps({**EVENT, "event_time": time}).encode())
