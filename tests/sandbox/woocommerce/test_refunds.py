"""Refunds: no key, no lock, the same 500 for every refusal (reference A5)."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.sandbox.woocommerce.shop import Shop, open_shop

REFUSED = "woocommerce_rest_cannot_create_order_refund"


def test_a_refund_is_written_down_and_moves_the_order(shop: Shop) -> None:
    # A5: "Answer 201: id, amount (string), reason, refunded_payment (bool)".
    before = shop.get(f"orders/{shop.orders[0]}")
    made = shop.refund(shop.orders[0], "5.00", reason="Customer request [cd:1]")
    assert made.status_code == 201
    row = made.json()
    assert (row["amount"], row["refunded_payment"]) == ("5.00", True)
    after = shop.get(f"orders/{shop.orders[0]}")
    told = [{"id": row["id"], "reason": "Customer request [cd:1]", "total": "-5.00"}]
    assert after["refunds"] == told
    # A3: "Refunding bumps the order's date_modified_gmt".
    assert after["date_modified_gmt"] >= before["date_modified_gmt"]
    assert shop.money()[shop.orders[0]]["refunded_minor"] == 500


def test_a_full_refund_ends_the_order(shop: Shop) -> None:
    # A5: "Full refund moves the order to refunded".
    row = shop.refund(shop.orders[0], "20.00").json()
    assert row["meta_data"][0]["value"] == "full"
    assert shop.get(f"orders/{shop.orders[0]}")["status"] == "refunded"


def test_an_amount_is_a_string(shop: Shop) -> None:
    # A5: "a number gives 400 rest_invalid_param".
    refused = shop.refund(shop.orders[0], 5.0)
    assert (refused.status_code, refused.json()["code"]) == (400, "rest_invalid_param")


@pytest.mark.parametrize("how", ["over", "declined", "bacs"])
def test_every_refusal_is_the_same_500(shop: Shop, how: str) -> None:
    # A5: "HTTP 500 woocommerce_rest_cannot_create_order_refund, data: 500 (int, not object)".
    method = "bacs" if how == "bacs" else "stripe"
    refund_as = "declined" if how == "declined" else "succeeded"
    order = shop.make("charge", method=method, refund_as=refund_as)
    refused = shop.refund(order["id"], "20.01" if how == "over" else "1.00")
    assert refused.status_code == 500
    assert (refused.json()["code"], refused.json()["data"]) == (REFUSED, 500)
    # "Known refusal deletes the refund row".
    assert shop.get(f"orders/{order['id']}/refunds") == []
    assert [each["effect"] for each in shop.journal()] == [None, None]


def test_nothing_is_idempotent(shop: Shop) -> None:
    # 0: "Write idempotency: none"; design 8: "WooCommerce ignores every key".
    numbers = {shop.refund(shop.orders[0], "1.00", reason="the same").json()["id"] for _ in "ab"}
    assert len(numbers) == 2
    assert shop.money()[shop.orders[0]]["refunds"] == 2


def test_three_parallel_refunds_succeed_twice(shop: Shop) -> None:
    # A5 and design 8: three parallel refunds of 15 on an order of 20: two succeeded.
    shop.switch(gateway_ms=300)
    with ThreadPoolExecutor(3) as pool:
        tries = [pool.submit(shop.refund, shop.orders[0], "15.00") for _ in range(3)]
        statuses = sorted(each.result().status_code for each in tries)
    assert statuses == [201, 201, 500]
    assert shop.money()[shop.orders[0]]["refunded_minor"] == 3000
    assert [each["effect"] for each in shop.journal()].count("refund.created") == 2


def test_one_after_the_other_the_shop_counts(shop: Shop) -> None:
    assert shop.refund(shop.orders[0], "15.00").status_code == 201
    assert shop.refund(shop.orders[0], "15.00").status_code == 500
    assert shop.money()[shop.orders[0]]["refunded_minor"] == 1500


def test_php_that_dies_leaves_a_row_and_an_empty_200(shop: Shop) -> None:
    # A5: "HTTP 200, empty body, refund row exists, reason kept, refunded_payment: false, meta
    # empty, order refunds[] shows it".
    order = shop.make("charge", refund_as="killed")
    answer = shop.refund(order["id"], "5.00", reason="kept")
    assert (answer.status_code, answer.content) == (200, b"")
    (row,) = shop.get(f"orders/{order['id']}/refunds")
    assert (row["reason"], row["refunded_payment"], row["meta_data"]) == ("kept", False, [])
    assert shop.get(f"orders/{order['id']}")["refunds"][0]["id"] == row["id"]
    assert shop.money()[str(order["id"])]["refunded_minor"] == 500


def test_a_gateway_that_does_not_answer_the_shop_leaves_no_row(shop: Shop) -> None:
    # A5, step 4: "not done as far as the shop knows; a gateway timeout inside the shop looks the
    # same". So that finding nothing proves nothing.
    order = shop.make("charge", refund_as="timeout")
    assert shop.refund(order["id"], "5.00").json()["code"] == REFUSED
    assert shop.get(f"orders/{order['id']}/refunds") == []
    assert shop.money()[str(order["id"])]["refunded_minor"] == 500


def test_an_unpaid_order_can_be_refunded(shop: Shop) -> None:
    # A5: "An unpaid order can be refunded with refunded_payment: true".
    order = shop.make("charge", status="pending")
    assert shop.refund(order["id"], "5.00").json()["refunded_payment"] is True


def test_without_an_amount_nobody_knows(shop: Shop) -> None:
    # A5: "Omitted: 201 with amount: "", total: "-" in the order".
    made = shop.call("POST", f"orders/{shop.orders[0]}/refunds", {"reason": ""})
    assert (made.status_code, made.json()["amount"]) == (201, "")
    assert shop.get(f"orders/{shop.orders[0]}")["refunds"][0]["total"] == "-"


def test_setting_the_status_refunds_without_money(shop: Shop) -> None:
    # A5: "PUT status: "refunded" creates a full refund record without moving money".
    shop.call("PUT", f"orders/{shop.orders[0]}", {"status": "refunded"})
    (row,) = shop.get(f"orders/{shop.orders[0]}/refunds")
    assert (row["amount"], row["refunded_payment"]) == ("20.00", False)
    assert shop.money()[shop.orders[0]]["refunded_minor"] == 0


def test_the_shop_rounds_to_its_own_decimals(shop: Shop) -> None:
    # A8: "Strings with the store's number of decimals (setting, default 2, also for JPY)".
    yen = shop.make("charge", currency="jpy", amount=500)
    assert yen["total"] == "500.00"
    dinars = open_shop(shop.program, decimals=3).make("charge", currency="kwd", amount=12345)
    assert dinars["total"] == "12.345"
    assert shop.make("charge", currency="kwd", amount=12345)["total"] == "12.35"


@pytest.mark.parametrize("has_list", [True, False])
def test_old_shops_have_no_list_of_all_refunds(shop: Shop, has_list: bool) -> None:  # noqa: FBT001
    # A3: "/refunds is missing on old shops (unsure)": both ways.
    shop.switch(refund_list=int(has_list))
    shop.refund(shop.orders[0], "5.00")
    answer = shop.call("GET", "refunds")
    if has_list:
        assert [each["parent_id"] for each in answer.json()] == [int(shop.orders[0])]
    else:
        assert (answer.status_code, answer.json()["code"]) == (404, "rest_no_route")
