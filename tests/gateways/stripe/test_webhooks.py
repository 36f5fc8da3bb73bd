"""News: recorded as it is where it is complete and in our version, a hint everywhere else."""

import json

import pytest
import stripe

from chargedesk.kit import clock
from chargedesk.kit.clock import from_unix
from gateways.contract import InboundRequest
from gateways.errors import PayloadError, SignatureError
from gateways.snapshots import ChargeStatus, CustomerSnapshot, ObjectKind
from gateways.stripe import ADAPTER
from gateways.stripe.webhooks import event_of
from tests.gateways.stripe.recorded import event_about, recorded


def _request(body: bytes, header: str) -> InboundRequest:
    return InboundRequest(
        method="POST",
        path="/",
        query="",
        headers={"stripe-signature": header},
        body=body,
        received_at=clock.now(),
    )


def test_the_official_sdk_signs_what_we_accept() -> None:
    body = event_about(recorded("charge_succeeded"))
    header = stripe.WebhookSignature.generate_signature_header(body.decode(), "whsec_x")
    assert ADAPTER.parse_webhook(_request(body, header), secrets=["whsec_x"])


@pytest.mark.parametrize(
    "header",
    ["", "t=1", "v1=aa", "t=x,v1=aa", "t=,v1=aa", "t=1,t=2,v1=aa", "t=1,v1=é", "t=9" * 40, "=,=,="],
)
def test_a_mangled_signature_is_refused(header: str) -> None:
    with pytest.raises(SignatureError):
        ADAPTER.parse_webhook(_request(b"{}", header), secrets=["whsec_x"])


def test_a_complete_payload_is_recorded_as_it_is() -> None:
    charge = recorded("charge_succeeded")
    event = event_of(event_about(charge))
    assert event.snapshot is not None
    assert event.snapshot.as_of == event.occurred_at == from_unix(1790000000)
    assert json.loads(event.snapshot.raw) == charge


def test_another_version_is_a_hint() -> None:
    event = event_of(event_about(recorded("charge_succeeded"), api_version="2024-06-20"))
    assert (event.kind, event.snapshot) == (ObjectKind.CHARGE, None)
    assert event.object_id.startswith("ch_")


def test_a_thin_event_is_a_hint() -> None:
    thin = {
        "id": "evt_2",
        "object": "v2.core.event",
        "type": "v1.charge.updated",
        "created": "2026-11-22T16:00:00.000Z",
        "related_object": {"id": "ch_1", "type": "charge", "url": "/v1/charges/ch_1"},
    }
    event = event_of(json.dumps(thin).encode())
    assert (event.kind, event.object_id, event.snapshot) == (ObjectKind.CHARGE, "ch_1", None)


def test_a_disputed_charge_is_a_hint() -> None:
    """Only the disputes tell whether it still is."""
    event = event_of(event_about(recorded("charge_succeeded", disputed=True)))
    assert (event.kind, event.snapshot) == (ObjectKind.CHARGE, None)


@pytest.mark.parametrize(
    ("news", "status"),
    [
        ("charge.succeeded", ChargeStatus.AUTHORIZED),
        ("charge.expired", ChargeStatus.CANCELED),
        # Whether it still holds stands on the payment intent.
        ("charge.updated", None),
    ],
)
def test_an_authorization_is_certain_only_at_its_beginning_and_end(
    news: str, status: ChargeStatus | None
) -> None:
    held = recorded("charge_authorized", refunded=False, amount_refunded=0)
    held["payment_method_details"]["card"]["capture_before"] = 1790003600
    found = event_of(event_about(held, type=news)).snapshot
    assert getattr(found, "status", None) is status


def test_a_canceled_payment_intent_is_a_hint() -> None:
    """Its charge gets no news of its own."""
    held = recorded("payment_intent_canceled", latest_charge="ch_1")
    never_charged = recorded("payment_intent_canceled", latest_charge=None)
    assert event_of(event_about(held)).snapshot is None
    assert event_of(event_about(never_charged)).snapshot is not None


def test_a_subscription_with_bare_discounts_is_a_hint() -> None:
    event = event_of(event_about(recorded("subscription_active", discounts=["di_1"])))
    assert (event.kind, event.snapshot) == (ObjectKind.SUBSCRIPTION, None)


def test_an_unreadable_object_is_a_hint() -> None:
    """Refusing the event would make Stripe repeat it for days."""
    event = event_of(event_about(recorded("charge_succeeded", currency="xxx")))
    assert (event.kind, event.snapshot) == (ObjectKind.CHARGE, None)


def test_a_deleted_customer_is_gone_and_a_deleted_subscription_canceled() -> None:
    gone = event_of(event_about(recorded("customer"), type="customer.deleted")).snapshot
    ended = event_of(
        event_about(recorded("subscription_canceled"), type="customer.subscription.deleted")
    ).snapshot
    assert isinstance(gone, CustomerSnapshot)
    assert gone.deleted
    assert ended is not None
    assert not ended.deleted


@pytest.mark.parametrize(
    ("obj", "kind", "object_id"),
    [
        ({"object": "discount", "subscription": "sub_1"}, ObjectKind.SUBSCRIPTION, "sub_1"),
        (
            {"object": "discount", "subscription": None, "customer": "cus_1"},
            ObjectKind.CUSTOMER,
            "cus_1",
        ),
        ({"object": "discount"}, None, ""),
        ({"object": "credit_note", "id": "cn_1", "invoice": "in_1"}, ObjectKind.INVOICE, "in_1"),
        ({"object": "invoice", "currency": "eur"}, None, ""),
        ({"object": "payout", "id": "po_1"}, None, ""),
    ],
)
def test_what_news_is_about(
    obj: dict[str, object], kind: ObjectKind | None, object_id: str
) -> None:
    event = event_of(event_about(obj))
    assert (event.kind, event.object_id, event.snapshot) == (kind, object_id, None)


@pytest.mark.parametrize("missing", ["id", "type", "created", "data", "object"])
def test_half_an_event_is_a_payload_error(missing: str) -> None:
    event = json.loads(event_about(recorded("charge_succeeded")))
    del event[missing]
    with pytest.raises(PayloadError):
        event_of(json.dumps(event).encode())
