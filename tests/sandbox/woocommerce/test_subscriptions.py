"""Subscriptions: two ways to set a status, and only one that obeys the rules (reference A6)."""

import pytest

from tests.sandbox.woocommerce.shop import Shop


def test_cancelling_at_the_end_of_the_period(shop: Shop) -> None:
    # A6: "sets cancelled_date_gmt, end_date_gmt, clears next payment".
    made = shop.make("subscription")
    path = f"subscriptions/{made['id']}"
    after = shop.call("PUT", path, {"transition_status": "pending-cancel"}).json()
    assert after["status"] == "pending-cancel"
    assert after["end_date_gmt"] == made["next_payment_date_gmt"]
    assert after["next_payment_date_gmt"] is None
    assert after["cancelled_date_gmt"]
    assert shop.journal()[-1]["effect"] == "subscription.canceled"


@pytest.mark.parametrize(
    ("status", "wanted"), [("pending-cancel", "active"), ("cancelled", "active")]
)
def test_a_forbidden_transition_is_an_exception(shop: Shop, status: str, wanted: str) -> None:
    # A6: "HTTP 500 internal_server_error with an HTML message".
    made = shop.make("subscription", status=status)
    refused = shop.call("PUT", f"subscriptions/{made['id']}", {"transition_status": wanted})
    assert (refused.status_code, refused.json()["code"]) == (500, "internal_server_error")
    assert "<p>" in refused.json()["message"]
    assert shop.get(f"subscriptions/{made['id']}")["status"] == status


def test_the_raw_status_skips_every_rule(shop: Shop) -> None:
    # A6: "writes the raw value, skips all rules and hooks (next payment stays scheduled ...)".
    made = shop.make("subscription")
    after = shop.call("PUT", f"subscriptions/{made['id']}", {"status": "cancelled"}).json()
    assert after["status"] == "cancelled"
    assert after["next_payment_date_gmt"] == made["next_payment_date_gmt"]
    assert after["end_date_gmt"] is None
