"""Shops that were paid through a gateway: what they give back goes back there too."""

from collections import Counter
from typing import Any

import pytest
import requests

from sandbox.woocommerce.seed import ACCOUNT, KEY, SECRET
from tests.sandbox.program import Account, Program
from tests.sandbox.woocommerce.shop import Shop, open_shop


@pytest.fixture
def shop(program: Program) -> Shop:
    """A shop of the test's own."""
    return open_shop(program)


def _order(shop: Shop, charge: dict[str, Any]) -> dict[str, Any]:
    return shop.make("charge", amount=charge["amount"], transaction_id=charge["id"])


def test_a_refund_in_front_is_one_behind(program: Program, account: Account, shop: Shop) -> None:
    charge = account.charge(amount=2000)
    order = _order(shop, charge)
    assert shop.refund(order["id"], "5.00").status_code == 201
    assert account.money()[charge["id"]]["refunded_minor"] == 500
    for journal in (shop.journal(), account.journal()):
        (made,) = [each for each in journal if each["effect"] == "refund.created"]
        assert made["amount"] == 500
    (behind,) = [each for each in account.journal() if each["effect"] == "refund.created"]
    assert charge["id"] in behind["ids"]
    assert behind["idempotency_key"] is None


def test_a_refusal_behind_is_one_in_front(account: Account, shop: Shop) -> None:
    """Somebody gave it back in the dashboard, and the shop does not know (reference A5, B8)."""
    charge = account.charge(amount=2000)
    order = _order(shop, charge)
    account.act(charge["id"], "dashboard_refund", amount=1900)
    refused = shop.refund(order["id"], "5.00")
    assert refused.status_code == 500
    assert refused.json()["code"] == "woocommerce_rest_cannot_create_order_refund"
    assert account.money()[charge["id"]]["refunded_minor"] == 1900
    assert not [each for each in shop.journal() if each["effect"] == "refund.created"]


def test_an_unknown_charge_behind_changes_nothing(shop: Shop) -> None:
    order = shop.make("charge", amount=2000, transaction_id="ch_elsewhere")
    assert shop.refund(order["id"], "5.00").status_code == 201


@pytest.mark.parametrize("outer", ["woocommerce", "recurly"])
def test_the_demo_has_people_who_pay_shops_through_gateways(demo: Program, outer: str) -> None:
    """Issue 3, items 8 and 9: at least twenty purchases known twice for each outer system."""
    known = {
        gateway: set(demo.control("GET", "money", provider=gateway)["objects"])
        for gateway in ("stripe", "paypal", "braintree")
    }
    names = _orders(demo) if outer == "woocommerce" else _transactions(demo)
    named = Counter(gateway for gateway, ids in known.items() for name in names if name in ids)
    assert named == {"stripe": 10, "paypal": 10, "braintree": 10}


def _orders(demo: Program) -> list[str]:
    shop = Shop(demo, ACCOUNT, KEY, SECRET)
    pages = [shop.get("orders", per_page="100", page=str(page)) for page in range(1, 6)]
    return [each["transaction_id"] for page in pages for each in page]


def _transactions(demo: Program) -> list[str]:
    found, path = [], "/transactions?limit=200"
    while path:
        answer = requests.get(
            f"{demo.url}/recurly{path}",
            auth=("recurlyaurora", ""),
            headers={"Accept": "application/vnd.recurly.v2021-02-25"},
            timeout=30,
        ).json()
        found += [each["gateway_reference"] for each in answer["data"]]
        path = answer["next"] if answer["has_more"] else ""
    return found
