"""Notifications: signed with a private key, believed in their ids only (reference 3.3)."""

import base64
from typing import Any
from urllib.parse import urlencode

import pytest
from braintree import BraintreeGateway, Configuration, WebhookNotification
from braintree.exceptions.invalid_challenge_error import InvalidChallengeError
from braintree.util import Constants

from chargedesk.kit import clock
from gateways.braintree import ADAPTER
from gateways.contract import Credentials, GatewayEvent, InboundRequest
from gateways.errors import PayloadError, SignatureError
from gateways.snapshots import ObjectKind
from tests.gateways.braintree.conftest import KEYS

KINDS = sorted(Constants.get_all_constant_values_from_class(WebhookNotification.Kind))
SDK = BraintreeGateway(
    Configuration(
        environment="sandbox",
        merchant_id=KEYS["merchant_id"],
        public_key=KEYS["public_key"],
        private_key=KEYS["private_key"],
    )
)
NO_SUBJECT = {
    "check",
    "account_updater_daily_report",
    "oauth_access_revoked",
    "local_payment_expired",
    "local_payment_reversed",
}
OTHER_ACCOUNTS = ("connected_", "partner_", "grant", "recipient_")


def _request(sample: dict[str, Any]) -> InboundRequest:
    fields = {
        name: value.decode() if isinstance(value, bytes) else value
        for name, value in sample.items()
    }
    return InboundRequest(
        method="POST",
        path="/",
        query="",
        headers={},
        body=urlencode(fields).encode(),
        received_at=clock.now(),
    )


def _events(kind: str, *, secret: str = KEYS["private_key"]) -> list[GatewayEvent]:
    sample = SDK.webhook_testing.sample_notification(kind, "object1")
    return list(ADAPTER.parse_webhook(_request(sample), secrets=[secret]))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_the_sdk_can_write_is_read(kind: str) -> None:
    found = _events(kind)
    assert found
    assert len({each.event_id for each in found}) == len(found)
    assert all(each.type == kind and each.snapshot is None for each in found)
    if kind not in NO_SUBJECT and not kind.startswith(OTHER_ACCOUNTS):
        assert all(each.kind and each.object_id for each in found), kind


@pytest.mark.parametrize(
    ("kind", "about"),
    [
        ("transaction_settled", ObjectKind.CHARGE),
        ("refund_failed", ObjectKind.REFUND),
        ("dispute_opened", ObjectKind.DISPUTE),
        ("subscription_canceled", ObjectKind.SUBSCRIPTION),
        ("transaction_reviewed", ObjectKind.CHARGE),
    ],
)
def test_the_object_is_read_again(kind: str, about: ObjectKind) -> None:
    found = _events(kind)
    assert (found[0].kind, found[0].object_id) == (about, "object1")


def test_a_paid_period_brings_its_payment() -> None:
    found = _events("subscription_charged_successfully")
    assert [each.kind for each in found] == [ObjectKind.SUBSCRIPTION, ObjectKind.CHARGE]


def test_a_disbursement_brings_its_transactions() -> None:
    assert [each.object_id for each in _events("disbursement")] == ["afv56j", "kj8hjk"]


def test_the_same_payload_is_the_same_event() -> None:
    """Reference 3.3: "deduplicate on a hash of bt_payload"."""
    sample = SDK.webhook_testing.sample_notification("transaction_settled", "object1")
    once = ADAPTER.parse_webhook(_request(sample), secrets=[KEYS["private_key"]])
    bare = {**sample, "bt_payload": sample["bt_payload"].replace(b"\n", b"")}
    again = ADAPTER.parse_stored(_request(bare).body)
    assert [each.event_id for each in once] == [each.event_id for each in again]


def test_a_payload_without_its_last_line_end_still_fits() -> None:
    """Reference 3.3: "payload and payload plus newline are both accepted"."""
    sample = SDK.webhook_testing.sample_notification("transaction_settled", "object1")
    bare = {**sample, "bt_payload": sample["bt_payload"].removesuffix(b"\n")}
    assert ADAPTER.parse_webhook(_request(bare), secrets=[KEYS["private_key"]])


def test_the_public_key_is_not_the_secret() -> None:
    with pytest.raises(SignatureError):
        _events("transaction_settled", secret=KEYS["public_key"])


@pytest.mark.parametrize("signature", ["", "|", "public1|", "public1", "a|é", "&&|&"])
def test_half_a_signature_is_none(signature: str) -> None:
    sample = SDK.webhook_testing.sample_notification("transaction_settled", "object1")
    request = _request({**sample, "bt_signature": signature})
    with pytest.raises(SignatureError):
        ADAPTER.parse_webhook(request, secrets=[KEYS["private_key"]])


@pytest.mark.parametrize(
    "xml",
    [
        b"<other/>",
        b"<notification/>",
        b"<notification><kind>check</kind></notification>",
        b'<notification><timestamp type="datetime">x</timestamp><kind>c</kind></notification>',
    ],
)
def test_another_document_is_a_payload_error(xml: bytes) -> None:
    body = urlencode({"bt_payload": base64.b64encode(xml).decode()}).encode()
    with pytest.raises(PayloadError):
        ADAPTER.parse_stored(body)


def test_the_address_answers_the_challenge_as_the_sdk_does(credentials: Credentials) -> None:
    challenge = "20f9f8ed05f77439fe955c977e4c8a53"
    ours = ADAPTER.answer_challenge(credentials, challenge)
    assert ours == SDK.webhook_notification.verify(challenge)
    for wrong in ("", "xyz", challenge * 2, challenge.upper(), f"{challenge}\n<script>"):
        with pytest.raises(SignatureError):
            ADAPTER.answer_challenge(credentials, wrong)
    with pytest.raises(InvalidChallengeError):
        SDK.webhook_notification.verify("xyz")
