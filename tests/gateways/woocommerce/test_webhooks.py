"""Webhooks as hints: signed without a time, pinged without a signature, deleted as a bare id."""

import json
from dataclasses import replace

import pytest

from chargedesk.kit import clock
from gateways.contract import InboundRequest
from gateways.errors import GatewayError, PayloadError, SignatureError
from gateways.snapshots import ObjectKind
from gateways.woocommerce import ADAPTER
from gateways.woocommerce.endpoints import TOPICS
from tests.contracts.woocommerce.harness import WooCommerceHarness
from tests.gateways.woocommerce.recorded import recorded

URL = "https://desk.example/webhooks/woocommerce/1/"
FORM = {"content-type": "application/x-www-form-urlencoded"}


def _request(body: bytes, headers: dict[str, str]) -> InboundRequest:
    return InboundRequest(
        method="POST", path="/", query="", headers=headers, body=body, received_at=clock.now()
    )


def test_the_ping_of_a_new_webhook_is_answered_and_says_nothing() -> None:
    """A4: "answer 200 to exactly this shape on a known endpoint path and do nothing else"."""
    assert ADAPTER.parse_webhook(_request(b"webhook_id=12", FORM), secrets=["x"]) == []


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"webhook_id=12&id=3", FORM),
        (b"webhook_id=", FORM),
        (b"webhook_id=12", {"content-type": "application/json"}),
        (b"webhook_id=12", {**FORM, "x-wc-webhook-topic": "order.updated"}),
        (b'{"id": 12}', FORM),
        (b'{"id": 12}', {"x-wc-webhook-signature": ""}),
        (b'{"id": 12}', {"x-wc-webhook-signature": "\xe9"}),
    ],
)
def test_nothing_else_is_believed_without_a_signature(body: bytes, headers: dict[str, str]) -> None:
    with pytest.raises(SignatureError):
        ADAPTER.parse_webhook(_request(body, headers), secrets=["x"])


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("order_guest", ObjectKind.CHARGE),
        ("order_refunded", ObjectKind.CHARGE),
        ("customer", ObjectKind.CUSTOMER),
        ("subscription_active", ObjectKind.SUBSCRIPTION),
        ("product", ObjectKind.PRODUCT),
        ("coupon_fixed", ObjectKind.COUPON),
    ],
)
def test_a_body_tells_its_kind_and_is_only_a_hint(name: str, kind: ObjectKind) -> None:
    obj = recorded(name)
    (event,) = ADAPTER.parse_stored(json.dumps(obj).encode())
    assert (event.kind, event.object_id, event.snapshot) == (kind, str(obj["id"]), None)
    changed = json.dumps({**obj, "date_modified_gmt": "2026-11-22T10:00:00"}).encode()
    assert ADAPTER.parse_stored(changed)[0].event_id != event.event_id


def test_something_deleted_is_asked_for_in_every_list_it_may_come_from(
    shop: WooCommerceHarness,
) -> None:
    charge = shop.make("charge")
    shop.act(charge["id"], "delete")
    events = ADAPTER.parse_stored(b'{"id": %d}' % charge["id"])
    assert {each.kind for each in events} == {
        *(ObjectKind.CHARGE, ObjectKind.SUBSCRIPTION, ObjectKind.CUSTOMER)
    }
    assert len({each.event_id for each in events}) == 3
    for each in events:
        assert each.kind is not None
        with pytest.raises(GatewayError):
            ADAPTER.read(shop.credentials(), each.kind, each.object_id)


@pytest.mark.parametrize(
    "body", [b'{"id": 1, "other": 2}', b'{"id": "1"}', b'{"id": 0}', b'{"polled": "charge"}', b"1"]
)
def test_what_is_no_news(body: bytes) -> None:
    with pytest.raises(PayloadError):
        ADAPTER.parse_stored(body)


def test_one_webhook_per_topic_with_one_secret(shop: WooCommerceHarness) -> None:
    first = ADAPTER.register_webhook(shop.credentials(), url=URL)
    again = ADAPTER.register_webhook(shop.credentials(), url=URL)
    assert len(again.external_id.split(",")) == len(TOPICS) + 4
    assert set(first.external_id.split(",")).isdisjoint(again.external_id.split(","))
    assert first.secret != again.secret
    assert again.secret.isalnum()
    assert shop.effects().count("webhook.created") == 2 * (len(TOPICS) + 4)
    assert shop.effects().count("webhook.deleted") == len(TOPICS) + 4
    # The longest column it is kept in has 120 characters; numbers of ten million fit.
    assert len(",".join(["10000000"] * 11)) <= 120


def test_without_the_plug_in_its_topics_are_left_out(shop: WooCommerceHarness) -> None:
    shop.control("settings", **{f"woocommerce.subscriptions.{shop.account}": 0})
    made = ADAPTER.register_webhook(shop.credentials(), url=URL)
    assert len(made.external_id.split(",")) == len(TOPICS)


def test_a_half_made_set_is_removed_again(shop: WooCommerceHarness) -> None:
    shop.control(
        "faults",
        provider="woocommerce",
        account=shop.account,
        method="POST",
        path_regex="/webhooks$",
        kind="rate_limited",
        times=1,
        probability=0.5,
        seed=1,
    )
    with pytest.raises(GatewayError):
        ADAPTER.register_webhook(shop.credentials(), url=URL)
    made, removed = (shop.effects().count(f"webhook.{each}") for each in ("created", "deleted"))
    assert made == removed


def test_a_changed_signature_is_refused(shop: WooCommerceHarness) -> None:
    request = shop.signed(shop.event_body(), secret="right", at=clock.now())  # noqa: S106
    told = request.headers["x-wc-webhook-signature"]
    changed = {**request.headers, "x-wc-webhook-signature": told.swapcase()}
    with pytest.raises(SignatureError):
        ADAPTER.parse_webhook(replace(request, headers=changed), secrets=["right"])
