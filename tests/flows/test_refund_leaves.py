"""A refund ordered over `/v1` leaves through a worker and reaches the provider exactly once."""

from concurrent.futures import ThreadPoolExecutor

import requests

from chargedesk.runtime.processes import wait_until
from tests.flows.shop import Shop


def test_a_refund_is_settled_within_the_call(shop: Shop) -> None:
    charge_id = shop.charges[0]
    answer = shop.post(
        f"/gateway/charges/{charge_id}/refund",
        {"amount": "5.00", "log_reason": "requested_by_customer"},
        **{"Idempotency-Key": "order-7"},
    )
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["action"]["state"] in ("succeeded", "pending")
    assert body["charge"]["transaction_id"] == charge_id
    assert body["charge"]["amount_refunded"] == "5.00"
    assert body["charge"]["status"] == "partially refunded"
    assert [each["amount"] for each in shop.effects("refund.created")] == [500]
    assert shop.refunded_minor() == 500
    assert shop.audited() == ["action.requested", "action.succeeded"]
    action = shop.get(f"/actions/{body['action']['id']}")
    assert action["amount"] == "5.00"
    assert action["state"] == "succeeded"
    log = shop.get("/log/activity")["data"]
    assert [row["event"] for row in log][:2] == ["action.succeeded", "action.requested"]
    assert log[0]["action_reason"] == "requested_by_customer"
    assert log[1]["description"].endswith(" ordered a refund of 5.00 EUR")
    assert log[0]["description"].startswith("ChargeDesk completed a refund of 5.00 EUR, ordered by")


def test_the_same_key_gets_the_first_answer_and_another_body_is_refused(shop: Shop) -> None:
    """M2: a client key is one wish, for ever."""
    path = f"/gateway/charges/{shop.charges[0]}/refund"
    key = {"Idempotency-Key": "order-8"}
    body = {"amount": "5.00", "log_reason": "Arrived late"}
    first, again = shop.post(path, body, **key), shop.post(path, body, **key)
    assert first.status_code == again.status_code == 200
    assert first.json()["action"] == again.json()["action"]
    for changed in ({"amount": "6.00"}, {"log_reason": "duplicate"}, {"log_reason": ""}):
        other = shop.post(path, body | changed, **key)
        assert other.status_code == 409, changed
        assert other.json()["error"]["code"] == "idempotency_key_reused"
    elsewhere = shop.post(f"/gateway/charges/{shop.charges[1]}/refund", {"amount": "5.00"}, **key)
    assert elsewhere.status_code == 409
    assert shop.refunded_minor() == 500


def test_a_caller_without_a_key_gets_the_order_it_already_has(shop: Shop) -> None:
    """M15: old clients send no key, and retry."""
    path = f"/gateway/charges/{shop.charges[0]}/refund"
    first, again = (shop.post(path, {"amount": "5.00"}) for _ in range(2))
    assert first.json()["action"] == again.json()["action"]
    assert shop.refunded_minor() == 500
    another = shop.post(path, {"amount": "4.00"})
    assert another.json()["action"] != first.json()["action"]
    assert shop.refunded_minor() == 900


def test_many_at_once_move_the_money_once(shop: Shop) -> None:
    """M10: one order per root at a time; the same key is the same order."""

    def refund(_place: int) -> requests.Response:
        return shop.post(
            f"/gateway/charges/{shop.charges[0]}/refund",
            {"amount": "5.00"},
            **{"Idempotency-Key": "once"},
        )

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(refund, range(6)))
    assert {answer.status_code for answer in answers} <= {200, 202}, [a.text for a in answers]
    assert len({answer.json()["action"]["id"] for answer in answers}) == 1
    assert shop.refunded_minor() == 500
    assert len(shop.effects("refund.created")) == 1


def test_all_that_is_left_and_then_nothing(shop: Shop) -> None:
    path = f"/charges/{shop.charges[0]}/refund"
    whole = shop.post(path)
    assert whole.status_code == 200, whole.text
    assert whole.json()["charge"]["status"] == "refunded"
    refused = shop.post(path, {"amount": "1.00"})
    assert refused.status_code == 400
    assert refused.json()["error"]["code"] == "already_refunded"
    assert shop.refunded_minor() == 2000


def test_what_the_caller_saw_is_not_so_any_more(shop: Shop) -> None:
    """M14: If-Match carries the version of the money."""
    path = f"/gateway/charges/{shop.charges[0]}/refund"
    version = str(shop.get(f"/charges/{shop.charges[0]}")["money_version"])
    assert shop.post(path, {"amount": "1.00"}, **{"If-Match": f'"{version}"'}).status_code == 200
    stale = shop.post(path, {"amount": "2.00"}, **{"If-Match": f'"{version}"'})
    assert stale.status_code == 412
    assert stale.json()["error"]["code"] == "money_changed"
    assert shop.refunded_minor() == 100


def test_an_answer_that_got_lost_is_never_a_failure(shop: Shop) -> None:
    """M4, M15: nothing is shown as failed that may have happened."""
    shop.arm("answer_lost_after_effect", method="POST", path_regex="/refunds")
    answer = shop.post(f"/gateway/charges/{shop.charges[0]}/refund", {"amount": "5.00"})
    assert answer.status_code in (200, 202), answer.text
    assert answer.json()["action"]["state"] in ("unknown", "executing", "succeeded")
    assert answer.json()["charge"]["charge_id"]
    assert len(shop.effects("refund.created")) == 1


def test_a_refusal_of_the_gateway_says_that_no_money_moved(shop: Shop) -> None:
    charge_id = shop.charges[0]
    order = {"provider": "stripe", "object": charge_id, "do": "dashboard_refund", "amount": 2000}
    shop.control("POST", "act", order)
    answer = shop.post(f"/gateway/charges/{charge_id}/refund", {"amount": "5.00"})
    assert answer.status_code == 400, answer.text
    assert answer.headers["Location"].startswith("/v1/actions/")
    assert answer.json()["error"]["message"].endswith("This order moved no money.")
    assert shop.refunded_minor() == 2000


def test_a_slow_gateway_is_followed_instead_of_awaited(shop: Shop) -> None:
    """M15: 202 with the object and the action, which ends by itself."""
    shop.arm("delay_before_effect", method="POST", path_regex="/refunds", delay_s=15)
    answer = shop.post(f"/gateway/charges/{shop.charges[0]}/refund", {"amount": "5.00"})
    assert answer.status_code == 202, answer.text
    body = answer.json()
    assert body["action"]["state"] in ("ready", "executing")
    assert body["charge"]["amount_refunded"] == "0.00"
    assert answer.headers["Location"] == f"/v1/actions/{body['action']['id']}"
    assert wait_until(
        lambda: shop.get(f"/actions/{body['action']['id']}")["state"] == "succeeded", timeout_s=60
    )
    assert shop.refunded_minor() == 500
