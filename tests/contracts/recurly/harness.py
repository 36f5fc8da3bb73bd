"""Makes and disturbs things at the sandbox's Recurly, in a site of its own."""

import hashlib
import hmac
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import requests

from chargedesk.kit import clock
from chargedesk.kit.ids import new_id
from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind
from gateways.contract import Credentials, InboundRequest, Order
from gateways.recurly import ADAPTER
from gateways.recurly.documents import parsed, written
from gateways.recurly.mapping import Seen, snapshot
from gateways.recurly.mapping.amounts import iso_code, iso_minor
from gateways.snapshots import AnySnapshot, ObjectKind
from tests.contracts.harness import Fault
from tests.contracts.recurly.orders import CALLS, MAKERS, POOR_CARD, on_file

Json = dict[str, Any]

KINDS = {
    "account": ObjectKind.CUSTOMER,
    "billing_info": ObjectKind.PAYMENT_METHOD,
    "coupon": ObjectKind.COUPON,
    "invoice": ObjectKind.INVOICE,
    "plan": ObjectKind.PRODUCT,
    "subscription": ObjectKind.SUBSCRIPTION,
    "transaction": ObjectKind.CHARGE,
}
STATUS_FIELDS = {"invoice": "state", "subscription": "state", "transaction": "status"}
# Looked for in lists.
LATE = frozenset({ActionKind.REFUND, ActionKind.CHARGE, ActionKind.CREATE_SUBSCRIPTION})


def make_harness(sandbox_url: str) -> "RecurlyHarness":
    """Open a site of its own and three keys to it."""
    return RecurlyHarness(sandbox_url)


class RecurlyHarness:
    """The contract's hands at Recurly."""

    adapter = ADAPTER

    def __init__(self, sandbox_url: str, **site: object) -> None:
        self.url = sandbox_url
        self.account = f"s{uuid.uuid4().hex[:12]}"
        self._key, self._limited, self._revoked = (uuid.uuid4().hex for _ in range(3))
        self.control("accounts", key=self._key, **site)
        self.control("accounts", key=self._limited, permissions=["read"])
        self.control("accounts", key=self._revoked, state="revoked")

    def credentials(self) -> Credentials:
        return self._credentials(self._key)

    def revoked_credentials(self) -> Credentials:
        return self._credentials(self._revoked)

    def limited_credentials(self) -> Credentials:
        return self._credentials(self._limited)

    def make_order(self, action: ActionKind, *, at_period_end: bool = False) -> Order:
        if action in MAKERS:
            return replace(MAKERS[action](self, action), at_period_end=at_period_end)
        return self.refund_of(self.make("charge", amount=9000), 2500)

    def make_declined_order(self, action: ActionKind) -> Order:
        return on_file(self, action, last4=POOR_CARD)

    def taken(self, order: Order) -> Money:
        listed = self.get(f"/accounts/{order.target_id}/transactions?limit=200")["data"]
        paid = [Decimal(str(each["amount"])) for each in listed if each["status"] == "success"]
        return Money.of(int(sum(paid) * 100), "EUR")

    def refund_of(self, charge: Json, minor: int) -> Order:
        """An order to refund a part of a charge."""
        return Order(
            action=ActionKind.REFUND,
            intent_id=new_id(),
            target_id=charge["id"],
            payment_id=charge["invoice"]["id"],
            money=Money.of(minor, charge["currency"]),
            reason="goodwill",
        )

    def make_late_order(self, action: ActionKind) -> Order | None:
        return self.make_order(action) if action in LATE else None

    def make_charges(self, count: int) -> frozenset[str]:
        return frozenset(self.control("seed", customers=3, charges=count)["charges"])

    def make(self, kind: str, **wanted: object) -> Json:
        """Create an object with given properties."""
        return dict(self.control("objects", object=kind, **wanted)["object"])

    def act(self, object_id: str, what: str, **more: object) -> Json:
        """Do what a person or bank would do."""
        return dict(self.control("act", object=object_id, do=what, **more)["object"])

    def arm(self, fault: Fault, action: ActionKind) -> None:
        order = {
            "provider": "recurly",
            "account": self.account,
            **CALLS[action],
            "kind": fault.value,
            "times": 1,
            "delay_s": 3,
        }
        self._post("faults", order)

    def moved(self, order: Order) -> Money:
        books = requests.get(
            f"{self.url}/_control/money",
            params={"provider": "recurly", "account": self.account},
            timeout=10,
        ).json()["objects"]
        entry = books[order.target_id]
        return Money.of(entry["refunded_minor"], entry["currency"])

    def event_body(self) -> bytes:
        told = self.control("objects", object="charge")["events"]
        event = next(each for each in told if each["object_type"] == "payment")
        return json.dumps(event, indent=2).encode()

    def signed(self, body: bytes, *, secret: str, at: datetime) -> InboundRequest:
        made_at = int(at.timestamp() * 1000)
        signed = f"{made_at}.".encode() + body
        signature = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        return InboundRequest(
            method="POST",
            path="/webhooks/recurly/x/",
            query="",
            headers={"recurly-signature": f"{made_at},{'0' * 64},{signature}"},
            body=body,
            received_at=clock.now(),
        )

    def parse(self, recording: Mapping[str, object]) -> AnySnapshot | None:
        raw = json.dumps(recording)
        if "object_type" in recording:
            return ADAPTER.parse_stored(raw.encode())[0].snapshot
        kind = KINDS[str(recording["object"])]
        if recording.get("type") == "refund":
            kind = ObjectKind.REFUND
        return snapshot(kind, parsed(raw), Seen(as_of=clock.now(), raw=raw.encode()))

    def with_status(
        self, recording: Mapping[str, object], word: str
    ) -> Mapping[str, object] | None:
        field = STATUS_FIELDS.get(str(recording.get("object")))
        return {**recording, field: word} if field else None

    def charge_amount(self, amount: object, currency: str) -> Money:
        found = parsed(written({"amount": amount}))["amount"]
        return Money.of(iso_minor(found, currency), iso_code(currency))

    def order_amount(self, money: Money) -> object:
        order = Order(
            action=ActionKind.REFUND,
            intent_id=new_id(),
            target_id="t",
            payment_id="i",
            money=money,
        )
        return Decimal(str(ADAPTER.freeze(order)[0].body["amount"]))

    def currency_table(self) -> Iterable[tuple[object, Money]]:
        # Recurly's number; ours in ISO minor units.
        yield Decimal("10.99"), Money.of(1099, "EUR")
        yield Decimal("0.10"), Money.of(10, "EUR")
        yield Decimal(500), Money.of(500, "JPY")
        yield Decimal("12.345"), Money.of(12345, "KWD")
        yield Decimal(500), Money.of(500, "ISK")
        yield Decimal(3700), Money.of(3700, "UGX")
        yield Decimal("10.99"), Money.of(1099, "HUF")
        yield Decimal("800.00"), Money.of(80000, "TWD")
        yield Decimal("9007199254740.993"), Money.of(9007199254740993, "KWD")

    def control(self, route: str, **order: object) -> Json:
        """Give the sandbox an order about this site."""
        return self._post(route, {"provider": "recurly", "account": self.account, **order})

    def get(self, path: str) -> Json:
        """Ask the sandbox as the provider's own client would."""
        answer = requests.get(
            f"{self.url}/recurly{path}",
            auth=(self._key, ""),
            headers={"Accept": "application/vnd.recurly.v2021-02-25"},
            timeout=10,
        )
        assert answer.ok, answer.text
        return dict(answer.json())

    def write(self, method: str, path: str, body: Json) -> Json:
        """Write something with the site's own key, as a person would."""
        answer = requests.request(
            method,
            f"{self.url}/recurly{path}",
            json=body,
            auth=(self._key, ""),
            headers={"Accept": "application/vnd.recurly.v2021-02-25"},
            timeout=10,
        )
        assert answer.ok, answer.text
        return dict(answer.json())

    def _post(self, route: str, order: Json) -> Json:
        answer = requests.post(f"{self.url}/_control/{route}", json=order, timeout=30)
        assert answer.ok, answer.text
        return dict(answer.json())

    def _credentials(self, key: str) -> Credentials:
        return Credentials(values={"api_key": key}, api_base=f"{self.url}/recurly")
