"""Makes and disturbs things at the sandbox's Stripe, in an account of its own."""

import hashlib
import hmac
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import requests

from chargedesk.kit import clock
from chargedesk.kit.ids import new_id
from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind
from gateways.contract import Credentials, InboundRequest, Order, Outcome
from gateways.snapshots import AnySnapshot, InvoicePaymentSnapshot, ObjectKind
from gateways.stripe import ADAPTER
from gateways.stripe.mapping import Seen, kind_of, snapshot
from gateways.stripe.mapping.amounts import iso_code, iso_minor, stripe_amount
from tests.contracts.harness import Fault
from tests.contracts.stripe.orders import PATHS, POOR_CARD, Orders
from tests.gateways.stripe.contract import published_examples

Json = dict[str, Any]

READ_RIGHTS = frozenset(
    {"charge", "customer", "payment_intent", "payment_method", "dispute", "product", "plan"}
    | {"coupon", "subscription", "invoice", "event", "webhook", "balance_transaction_source"}
)
# Looked for in a list; that an invoice was mailed, among events.
LATE = frozenset(
    {
        ActionKind.REFUND,
        ActionKind.CHARGE,
        ActionKind.AUTHORIZE,
        ActionKind.REQUEST_PAYMENT,
        ActionKind.REQUEST_CARD_UPDATE,
        ActionKind.CREATE_SUBSCRIPTION,
        ActionKind.SEND_INVOICE,
    }
)


def make_harness(sandbox_url: str) -> "StripeHarness":
    """Open an account of its own and three keys to it."""
    return StripeHarness(sandbox_url)


class StripeHarness:
    """The contract's hands at Stripe."""

    adapter = ADAPTER
    published = published_examples(
        *("charge", "coupon", "customer", "dispute", "invoice", "payment_intent"),
        *("payment_method", "price", "product", "refund", "subscription"),
        "radar.early_fraud_warning",
    )
    told_without_status = {InvoicePaymentSnapshot: "its status is Stripe's own word, for show"}

    def __init__(self, sandbox_url: str) -> None:
        self._url = sandbox_url
        self.account = f"acct_{uuid.uuid4().hex[:12]}"
        self._key = f"sk_test_{uuid.uuid4().hex}"
        self._limited = f"rk_test_{uuid.uuid4().hex}"
        self._control("accounts", account=self.account, key=self._key, currency="eur")
        rights = sorted(f"rak_{right}_read" for right in READ_RIGHTS)
        self._control("accounts", account=self.account, key=self._limited, permissions=rights)

        self._orders = Orders(sandbox_url, self.account, self._key)

    def credentials(self) -> Credentials:
        return self._credentials(self._key)

    def revoked_credentials(self) -> Credentials:
        return self._credentials("sk_test_revoked")

    def limited_credentials(self) -> Credentials:
        return self._credentials(self._limited)

    def make_order(self, action: ActionKind, *, at_period_end: bool = False) -> Order:
        return replace(self._orders.make(action), at_period_end=at_period_end)

    def make_declined_order(self, action: ActionKind) -> Order:
        return self._orders.on_card(action, POOR_CARD)

    def taken(self, order: Order) -> Money:
        listed = requests.get(
            f"{self._url}/stripe/v1/charges",
            params={"limit": "100", "customer": order.target_id},
            headers={"Authorization": f"Bearer {self._key}"},
            timeout=10,
        ).json()["data"]
        paid = [each["amount"] for each in listed if each["status"] == "succeeded"]
        return Money.of(sum(paid), "EUR")

    def customer_pays(self, outcome: Outcome) -> None:
        """By the page itself, as a browser would."""
        shown = requests.get(outcome.url, timeout=10)
        assert shown.ok
        assert "<form" in shown.text
        paid = requests.post(
            outcome.url, data={"card": "pm_card_visa"}, timeout=10, allow_redirects=False
        )
        assert paid.status_code == 303

    def make_late_order(self, action: ActionKind) -> Order | None:
        return self.make_order(action) if action in LATE else None

    def make_charges(self, count: int) -> frozenset[str]:
        made = self._control("seed", account=self.account, customers=3, charges=count)
        return frozenset(made["charges"])

    def arm(self, fault: Fault, action: ActionKind) -> None:
        self._control(
            "faults",
            provider="stripe",
            account=self.account,
            method="DELETE" if action is ActionKind.CANCEL_SUBSCRIPTION else "POST",
            path_regex=PATHS[action],
            kind=fault.value,
            times=1,
            delay_s=3,
        )

    def moved(self, order: Order) -> Money:
        books = requests.get(
            f"{self._url}/_control/money",
            params={"provider": "stripe", "account": self.account},
            timeout=10,
        ).json()["objects"]
        entry = books.get(order.payment_id) or books[order.target_id]
        return Money.of(entry["refunded_minor"], entry["currency"])

    def event_body(self) -> bytes:
        charge = self._orders.charge()
        listed = requests.get(
            f"{self._url}/stripe/v1/events",
            params={"limit": "5"},
            headers={"Authorization": f"Bearer {self._key}"},
            timeout=10,
        ).json()["data"]
        event = next(each for each in listed if each["data"]["object"]["id"] == charge["id"])
        return json.dumps(event, indent=2).encode()

    def signed(self, body: bytes, *, secret: str, at: datetime) -> InboundRequest:
        made_at = int(at.timestamp())
        signed = f"{made_at}.".encode() + body
        signature = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        return InboundRequest(
            method="POST",
            path="/webhooks/stripe/x/",
            query="",
            headers={"stripe-signature": f"t={made_at},v1={signature},v0=old"},
            body=body,
            received_at=clock.now(),
        )

    def parse(self, recording: Mapping[str, object]) -> AnySnapshot | None:
        raw = json.dumps(recording).encode()
        if recording["object"] == "event":
            return ADAPTER.parse_stored(raw)[0].snapshot
        return snapshot(recording, Seen(as_of=clock.now(), raw=raw))

    def with_status(
        self, recording: Mapping[str, object], word: str
    ) -> Mapping[str, object] | None:
        kind = kind_of(str(recording["object"]))
        # A disputed charge has our own word.
        if "status" not in recording or kind is ObjectKind.INVOICE_PAYMENT:
            return None
        return None if recording.get("disputed") else {**recording, "status": word}

    def charge_amount(self, amount: object, currency: str) -> Money:
        return Money.of(iso_minor(amount, currency.lower()), iso_code(currency.lower()))

    def order_amount(self, money: Money) -> object:
        order = Order(action=ActionKind.REFUND, intent_id=new_id(), target_id="ch_1", money=money)
        amount = ADAPTER.freeze(order)[0].body["amount"]
        assert amount == stripe_amount(money)
        return amount

    def currency_table(self) -> Iterable[tuple[object, Money]]:
        # Stripe's integer; ours in ISO minor units.
        yield 1099, Money.of(1099, "EUR")
        yield 500, Money.of(500, "JPY")
        yield 12340, Money.of(12340, "KWD")
        yield 50000, Money.of(500, "ISK")
        yield 370000, Money.of(3700, "UGX")
        yield 1099, Money.of(1099, "HUF")
        yield 80000, Money.of(80000, "TWD")
        yield 5000, Money.of(500000, "MGA")

    def refused_amounts(self) -> Iterable[tuple[object, str]]:
        """Amounts of Stripe that no currency can hold."""
        yield 50001, "ISK"
        yield 10.5, "EUR"
        yield True, "EUR"
        yield "100", "EUR"
        yield 100, "XXX"

    def make_charge(self, **wanted: object) -> Json:
        """Create a charge with given properties."""
        return self._orders.charge(**wanted)

    def make_customer(self, **wanted: object) -> Json:
        """Create a customer with a card on file."""
        return self._orders.customer(**wanted)

    def make_subscription(self, **wanted: object) -> Json:
        """Create a running subscription with a customer of its own."""
        return self._orders.subscription(**wanted)

    def make_price(self, **wanted: str) -> Json:
        """Create a recurring price."""
        return self._orders.price(**wanted)

    def call(self, path: str, **params: str) -> Json:
        """Write something with the account's own key, as a person in the dashboard would."""
        return self._orders.call(path, **params)

    def control(self, route: str, **order: object) -> Json:
        """Give the sandbox an order."""
        return self._control(route, **order)

    def effects(self) -> list[str]:
        """What changed in the account so far, by the sandbox's own journal."""
        entries = requests.get(
            f"{self._url}/_control/journal",
            params={"provider": "stripe", "account": self.account},
            timeout=10,
        ).json()["entries"]
        return [each["effect"] for each in entries if each["effect"]]

    def endpoints(self) -> set[str]:
        """Ids of the webhook endpoints the account has."""
        listed = requests.get(
            f"{self._url}/stripe/v1/webhook_endpoints",
            headers={"Authorization": f"Bearer {self._key}"},
            timeout=10,
        ).json()
        return {each["id"] for each in listed["data"]}

    def _credentials(self, key: str) -> Credentials:
        return Credentials(values={"api_key": key}, api_base=f"{self._url}/stripe")

    def _control(self, route: str, **order: object) -> Json:
        answer = requests.post(f"{self._url}/_control/{route}", json=order, timeout=30)
        assert answer.ok, answer.text
        return dict(answer.json())
