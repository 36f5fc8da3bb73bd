"""Captures, voids and cancellations ordered over `/v1` reach the provider exactly once."""

import pytest

from tests.flows.shop import Shop


def test_a_part_of_an_authorization_is_captured(shop: Shop) -> None:
    charge_id = shop.make("charge", outcome="uncaptured", amount=3000)
    assert shop.get(f"/charges/{charge_id}")["methods_active"] == ["capture", "void"]
    path = f"/gateway/charges/{charge_id}/capture"
    answer = shop.post(path, {"amount": "10.00"}, **{"Idempotency-Key": "take"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["action"]["state"] == "succeeded"
    charge = shop.get(f"/charges/{charge_id}")
    assert charge["is_paid"] is True
    assert "capture" not in charge["methods_active"]
    again = shop.post(path, {"amount": "10.00"}, **{"Idempotency-Key": "take"})
    assert again.json()["action"] == answer.json()["action"]
    assert shop.captured_minor(charge_id) == 1000


def test_an_authorization_is_given_back(shop: Shop) -> None:
    charge_id = shop.make("charge", outcome="uncaptured", amount=3000)
    answer = shop.post(f"/gateway/charges/{charge_id}/void", {"log_reason": "duplicate"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["action"]["state"] == "succeeded"
    refused = shop.post(f"/gateway/charges/{charge_id}/capture", {"amount": "5.00"})
    assert refused.status_code == 400
    assert refused.json()["error"]["code"] == "nothing_to_capture"
    assert shop.captured_minor(charge_id) == 0


@pytest.mark.parametrize(
    ("form", "status"), [({}, "canceled"), ({"at_period_end": "1"}, "pending_cancel")]
)
def test_a_subscription_is_cancelled(shop: Shop, form: dict[str, str], status: str) -> None:
    subscription_id = shop.make("subscription")
    answer = shop.post(f"/gateway/subscriptions/{subscription_id}/cancel", form)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["action"]["state"] == "succeeded"
    assert body["subscription"]["subscription_id"] == subscription_id
    assert body["subscription"]["status"] == status
    assert shop.get("/subscriptions", status=status)["data"][0] == body["subscription"]
    old = shop.post(f"/subscriptions/{subscription_id}/cancel", form)
    assert old.json().get("action", body["action"]) == body["action"], "M15: the same order"
