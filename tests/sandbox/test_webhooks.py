"""Webhooks: registration, signature, retries, order, and what disturbs them (reference 3.1)."""

import json
import time
from typing import Any

import pytest
import stripe

from chargedesk.runtime.processes import wait_until
from tests.sandbox.program import Account, Json, Program
from tests.sandbox.receiver import Receiver

EVENTS = ("refund.created", "charge.refunded")


def _register(account: Account, receiver: Receiver, **more: Any) -> Json:
    params = {"url": receiver.url, "enabled_events[]": list(EVENTS), **more}
    return account.post("webhook_endpoints", params)


def _refund(account: Account, amount: int = 100) -> Json:
    return account.post("refunds", {"charge": account.charges[0], "amount": amount})


def _types(receiver: Receiver) -> list[str]:
    return [json.loads(body)["type"] for body in receiver.bodies]


def test_the_secret_is_shown_once(account: Account, receiver: Receiver) -> None:
    # 3.1: "secret is returned only in that answer".
    made = _register(account, receiver)
    assert made["secret"].startswith("whsec_")
    assert "secret" not in account.get(f"webhook_endpoints/{made['id']}")
    assert "secret" not in account.get("webhook_endpoints")["data"][0]


def test_webhooks_are_signed_as_the_sdk_expects(account: Account, receiver: Receiver) -> None:
    # 3.1: HMAC-SHA256 with the whole secret over "<t>.<raw body>".
    secret = _register(account, receiver)["secret"]
    refund = _refund(account)
    receiver.wait_for(2)
    assert sorted(_types(receiver)) == sorted(EVENTS)
    for body, signature in zip(receiver.bodies, receiver.signatures, strict=True):
        event = stripe.Webhook.construct_event(body, signature, secret)
        assert event.api_version == "2026-10-28.endive"
    about = json.loads(receiver.bodies[_types(receiver).index("refund.created")])
    assert about["data"]["object"]["id"] == refund["id"]
    changed = json.loads(receiver.bodies[_types(receiver).index("charge.refunded")])
    assert changed["data"]["previous_attributes"] == {"amount_refunded": 0}


def test_only_enabled_events_are_sent(account: Account, receiver: Receiver) -> None:
    account.post("webhook_endpoints", {"url": receiver.url, "enabled_events[]": ["refund.created"]})
    _refund(account)
    receiver.wait_for(1)
    time.sleep(0.3)
    assert _types(receiver) == ["refund.created"]


def test_a_rolled_secret_gives_two_signatures(account: Account, receiver: Receiver) -> None:
    # 3.1: "During secret roll two v1 values arrive".
    made = _register(account, receiver)
    rolled = account.act(made["id"], "roll_secret")
    _refund(account)
    receiver.wait_for(2)
    assert receiver.signatures[0].count("v1=") == 2
    for secret in (made["secret"], rolled["secret"]):
        stripe.Webhook.construct_event(receiver.bodies[0], receiver.signatures[0], secret)


def test_failed_deliveries_are_retried(account: Account, receiver: Receiver) -> None:
    # 3.1: "Delivery at least once, any order; retried up to 3 days live".
    account.post("webhook_endpoints", {"url": receiver.url, "enabled_events[]": ["refund.created"]})
    receiver.answers = [500]
    _refund(account)
    receiver.wait_for(2)
    assert receiver.bodies[0] == receiver.bodies[1]
    # What has arrived is noted a moment later.
    assert wait_until(lambda: _noted(account) == [("delivered", 2)], timeout_s=20)


def _noted(account: Account) -> list[tuple[str, int]]:
    rows = account.program.control("GET", "deliveries", account=account.name)["deliveries"]
    return [(row["state"], row["attempts"]) for row in rows]


@pytest.mark.parametrize(
    ("kind", "order"),
    [
        ("webhook_dropped", []),
        ("webhook_doubled", [*EVENTS, *EVENTS]),
        ("webhook_reordered", list(EVENTS[::-1])),
        ("webhook_delayed", list(EVENTS)),
    ],
)
def test_faults_of_webhooks(
    account: Account, receiver: Receiver, kind: str, order: list[str]
) -> None:
    _register(account, receiver)
    account.arm(kind, path_regex="/refunds$", delay_s=3)
    _refund(account)
    time.sleep(0.3)
    at_once = _types(receiver)
    receiver.wait_for(len(order))
    # Time for one too many.
    time.sleep(0.5)
    if kind == "webhook_reordered":
        assert _types(receiver) == order
    else:
        assert sorted(_types(receiver)) == sorted(order)
    if kind == "webhook_delayed":
        assert at_once == []


def test_a_webhook_may_arrive_before_the_answer(account: Account, receiver: Receiver) -> None:
    _register(account, receiver)
    account.arm("webhook_before_answer", path_regex="/refunds$")
    _refund(account)
    assert len(receiver.bodies) == 2


def test_deliveries_can_be_paused(own_program: Program, receiver: Receiver) -> None:
    account = own_program.account(charges=1)
    _register(account, receiver)
    own_program.control("POST", "deliveries", {"do": "pause"})
    _refund(account)
    time.sleep(0.4)
    assert receiver.bodies == []
    assert own_program.control("POST", "deliveries", {"do": "deliver_now"}) == {"posted": 2}
    assert len(receiver.bodies) == 2
    own_program.control("POST", "deliveries", {"do": "resume"})


def test_a_delivery_can_be_sent_again(account: Account, receiver: Receiver) -> None:
    _register(account, receiver)
    _refund(account)
    receiver.wait_for(2)
    rows = account.program.control("GET", "deliveries", account=account.name)["deliveries"]
    order = {"do": "redeliver", "ids": [rows[0]["id"]]}
    assert account.program.control("POST", "deliveries", order) == {"posted": 1}
    assert len(receiver.bodies) == 3


def test_an_endpoint_may_ask_for_an_older_version_or_for_thin_events(
    account: Account, receiver: Receiver
) -> None:
    # 2.2: before basil charges carried `invoice`; 3.1: thin events are v2.core.event.
    made = _register(account, receiver, api_version="2024-06-20")
    _refund(account)
    receiver.wait_for(2)
    old = json.loads(receiver.bodies[_types(receiver).index("charge.refunded")])
    assert old["api_version"] == "2024-06-20"
    assert "invoice" in old["data"]["object"]
    account.act(made["id"], "set_style", style="thin")
    _refund(account)
    receiver.wait_for(4)
    assert {json.loads(body)["object"] for body in receiver.bodies[2:]} == {"v2.core.event"}


def test_endpoints_are_limited_checked_and_deletable(account: Account, receiver: Receiver) -> None:
    # 3.1: "Limit 16 endpoints per account".
    made = [_register(account, receiver)["id"] for _ in range(16)]
    params = {"url": receiver.url, "enabled_events[]": ["refund.created"]}
    assert "maximum of 16" in account.refused("webhook_endpoints", params)["message"]
    account.call("DELETE", f"webhook_endpoints/{made[0]}")
    wrong = {"url": receiver.url, "enabled_events[]": ["customer.discount.*"]}
    assert account.refused("webhook_endpoints", wrong)["status"] == 400
    assert account.refused("webhook_endpoints", {**params, "url": "nonsense"})["param"] == "url"
    assert account.post("webhook_endpoints", params)["status"] == "enabled"
    off = account.post(f"webhook_endpoints/{made[1]}", {"disabled": "true"})
    assert off["status"] == "disabled"


def test_events_can_be_polled(account: Account) -> None:
    # 2.1: "GET /v1/events with created[gte], types (max 20 values)".
    start = int(time.time()) - 1
    _refund(account)
    found = account.get("events", **{"created[gte]": start, "types[]": ["refund.created"]})
    assert [event["type"] for event in found["data"]] == ["refund.created"]
    assert account.get(f"events/{found['data'][0]['id']}")["type"] == "refund.created"
    too_many = {"types[]": [f"charge.{number}" for number in range(21)]}
    assert account.call("GET", "events", too_many).status_code == 400


def test_events_are_kept_30_days(own_program: Program) -> None:
    # 2.1: "events are kept 30 days".
    account = own_program.account(charges=1)
    _refund(account)
    own_program.control("POST", "clock", {"advance_s": 31 * 24 * 3600})
    assert account.get("events")["data"] == []
