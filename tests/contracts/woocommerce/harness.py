"""Makes and disturbs things at the sandbox's WooCommerce, in a shop of its own."""

import base64
import hashlib
import hmac
import json
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import requests

from chargedesk.kit import clock
from chargedesk.kit.ids import new_id
from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind
from gateways.contract import Credentials, InboundRequest, Order, Outcome
from gateways.snapshots import AnySnapshot, ObjectKind, RefundSnapshot
from gateways.woocommerce import ADAPTER
from gateways.woocommerce.client import get
from gateways.woocommerce.mapping import refund_snapshot, snapshot
from gateways.woocommerce.mapping.amounts import iso_code, iso_minor, shop_amount
from gateways.woocommerce.mapping.values import Seen
from tests.contracts.harness import Fault

Json = dict[str, Any]

OF_SUBSCRIPTIONS = (
    ActionKind.CANCEL_SUBSCRIPTION,
    ActionKind.PAUSE_SUBSCRIPTION,
    ActionKind.RESUME_SUBSCRIPTION,
)
PATHS = {
    ActionKind.REFUND: "/orders/[0-9]+/refunds$",
    ActionKind.REQUEST_PAYMENT: "/orders$",
    **dict.fromkeys(OF_SUBSCRIPTIONS, "/subscriptions/"),
}
METHODS = {
    ActionKind.REFUND: "POST",
    ActionKind.REQUEST_PAYMENT: "POST",
    **dict.fromkeys(OF_SUBSCRIPTIONS, "PUT"),
}
KINDS = {
    "billing_period": ObjectKind.SUBSCRIPTION,
    "order_key": ObjectKind.CHARGE,
    "discount_type": ObjectKind.COUPON,
    "is_paying_customer": ObjectKind.CUSTOMER,
    "catalog_visibility": ObjectKind.PRODUCT,
}
WITH_STATUS = {ObjectKind.SUBSCRIPTION, ObjectKind.CHARGE}


def make_harness(sandbox_url: str) -> "WooCommerceHarness":
    """Open a shop of its own and three pairs of keys to it."""
    return WooCommerceHarness(sandbox_url)


class WooCommerceHarness:
    """The contract's hands at WooCommerce."""

    adapter = ADAPTER
    told_without_status = {RefundSnapshot: "a shop's refund has none: it is there or not"}

    def __init__(self, sandbox_url: str, **shop: object) -> None:
        self._url = sandbox_url
        self.account = f"shop-{uuid.uuid4().hex[:12]}"
        self._open(self._pair("full"), currency="eur", **shop)
        self._open(self._pair("limited"), permissions=["read"])
        self._open(self._pair("revoked"), state="revoked")

    def credentials(self) -> Credentials:
        return self._credentials("full")

    def revoked_credentials(self) -> Credentials:
        return self._credentials("revoked")

    def limited_credentials(self) -> Credentials:
        return self._credentials("limited")

    def make_order(self, action: ActionKind, *, at_period_end: bool = False) -> Order:
        if action in OF_SUBSCRIPTIONS:
            is_paused = action is ActionKind.RESUME_SUBSCRIPTION
            made = self.make("subscription", status="on-hold" if is_paused else "active")
            return Order(
                action=action,
                intent_id=new_id(),
                target_id=str(made["id"]),
                at_period_end=at_period_end,
                details={"pause": "whole"} if is_paused else {},
            )
        if action is ActionKind.REQUEST_PAYMENT:
            return Order(
                action=action,
                intent_id=new_id(),
                target_id=str(self.make("customer")["id"]),
                money=Money.of(2500, "EUR"),
                details={"description": "A new zip", "return_url": "http://127.0.0.1:9/"},
            )
        charge = self.make("charge", amount=9000)
        return Order(
            action=action,
            intent_id=new_id(),
            target_id=str(charge["id"]),
            money=Money.of(2500, charge["currency"]),
            reason="goodwill",
        )

    def customer_pays(self, outcome: Outcome) -> None:
        """On the shop's own page, which the sandbox does not draw."""
        assert f"/order-pay/{outcome.object_id}/" in outcome.url
        self.act(outcome.object_id, "settle")

    def make_late_order(self, action: ActionKind) -> Order | None:
        return None

    def make_charges(self, count: int, **wanted: object) -> frozenset[str]:
        made = self.control(
            "seed",
            provider="woocommerce",
            account=self.account,
            customers=3,
            charges=count,
            **wanted,
        )
        return frozenset(made["charges"])

    def make(self, kind: str, **wanted: object) -> Json:
        """Create an object with given properties."""
        made = self.control(
            "objects", provider="woocommerce", object=kind, account=self.account, **wanted
        )
        return dict(made["object"])

    def act(self, number: object, what: str, **more: object) -> Json:
        """Do what a person would do in the shop's pages."""
        made = self.control(
            "act",
            provider="woocommerce",
            account=self.account,
            object=str(number),
            do=what,
            **more,
        )
        return dict(made["object"])

    def arm(self, fault: Fault, action: ActionKind) -> None:
        self.control(
            "faults",
            provider="woocommerce",
            account=self.account,
            method=METHODS[action],
            path_regex=PATHS[action],
            kind=fault.value,
            times=1,
            delay_s=3,
        )

    def moved(self, order: Order) -> Money:
        found = self.money()[order.target_id]
        return Money.of(found["refunded_minor"], found["currency"])

    def event_body(self) -> bytes:
        charge = self.make("charge")
        return get(self.credentials(), f"/orders/{charge['id']}").body

    def signed(self, body: bytes, *, secret: str, at: datetime) -> InboundRequest:
        digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
        return InboundRequest(
            method="POST",
            path="/webhooks/woocommerce/x/",
            query="",
            headers={
                "content-type": "application/json",
                "x-wc-webhook-topic": "order.updated",
                "x-wc-webhook-signature": base64.b64encode(digest).decode(),
            },
            body=body,
            received_at=clock.now(),
        )

    def parse(self, recording: Mapping[str, object]) -> AnySnapshot | None:
        seen = Seen(as_of=clock.now(), raw=json.dumps(recording).encode(), shop_currency="EUR")
        if "refunded_payment" in recording:
            return refund_snapshot(recording, seen, order_id="1", currency="EUR")
        return snapshot(_kind(recording), recording, seen)

    def with_status(
        self, recording: Mapping[str, object], word: str
    ) -> Mapping[str, object] | None:
        # A refund has no status; those of products and coupons only say whether they are shown.
        if "refunded_payment" in recording or _kind(recording) not in WITH_STATUS:
            return None
        return {**recording, "status": word}

    def charge_amount(self, amount: object, currency: str) -> Money:
        return Money.of(iso_minor(amount, currency), iso_code(currency.lower()))

    def order_amount(self, money: Money) -> object:
        order = Order(action=ActionKind.REFUND, intent_id=new_id(), target_id="1", money=money)
        amount = ADAPTER.freeze(order)[0].body["amount"]
        assert amount == shop_amount(money)
        return amount

    def currency_table(self) -> Iterable[tuple[object, Money]]:
        # What we send; a shop writes its own number of decimals, see test_amounts.
        yield "10.99", Money.of(1099, "EUR")
        yield "500", Money.of(500, "JPY")
        yield "12.345", Money.of(12345, "KWD")
        yield "500", Money.of(500, "ISK")
        yield "3700", Money.of(3700, "UGX")
        yield "10.99", Money.of(1099, "HUF")
        yield "800.00", Money.of(80000, "TWD")

    def money(self) -> dict[str, Json]:
        """The shop's money, by order."""
        return dict(self._get("money")["objects"])

    def effects(self) -> list[str]:
        """What changed in the shop so far, by the sandbox's own journal."""
        return [each["effect"] for each in self.journal() if each["effect"]]

    def journal(self) -> list[Json]:
        """All calls so far."""
        return list(self._get("journal")["entries"])

    def control(self, route: str, **order: object) -> Json:
        """Give the sandbox an order."""
        answer = requests.post(f"{self._url}/_control/{route}", json=order, timeout=30)
        assert answer.ok, answer.text
        return dict(answer.json())

    def _get(self, route: str) -> Json:
        query = {"provider": "woocommerce", "account": self.account}
        return dict(requests.get(f"{self._url}/_control/{route}", query, timeout=30).json())

    def _pair(self, name: str) -> tuple[str, str]:
        mark = f"{name}_{self.account.removeprefix('shop-')}"
        return f"ck_{mark}", f"cs_hidden_{mark}"

    def _open(self, pair: tuple[str, str], **more: object) -> None:
        self.control(
            "accounts",
            provider="woocommerce",
            account=self.account,
            key=pair[0],
            secret=pair[1],
            **more,
        )

    def _credentials(self, name: str) -> Credentials:
        key, secret = self._pair(name)
        return Credentials(
            values={
                "shop_url": "https://shop.example",
                "consumer_key": key,
                "consumer_secret": secret,
            },
            api_base=f"{self._url}/woocommerce",
        )


def _kind(recording: Mapping[str, object]) -> ObjectKind:
    return next(kind for field, kind in KINDS.items() if field in recording)
