"""Makes and disturbs things at the sandbox's Braintree, at a merchant of its own."""

import base64
import hashlib
import hmac
import json
import re
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlencode
from xml.etree import ElementTree

import requests

from chargedesk.kit import clock
from chargedesk.kit.ids import new_id
from chargedesk.kit.money import Money
from gateways.braintree import ADAPTER
from gateways.braintree.mapping import Seen, product, snapshot
from gateways.braintree.mapping.amounts import iso_code, iso_minor
from gateways.braintree.slices import tree
from gateways.capabilities import ActionKind
from gateways.contract import Credentials, InboundRequest, Order
from gateways.snapshots import AnySnapshot
from tests.contracts.harness import Fault

Json = dict[str, Any]

PATHS = {
    ActionKind.REFUND: "/refund$",
    ActionKind.CAPTURE: "/submit_for_settlement$",
    ActionKind.VOID: "/void$",
    ActionKind.CHARGE: "/transactions$",
    ActionKind.AUTHORIZE: "/transactions$",
    ActionKind.CREATE_SUBSCRIPTION: "/subscriptions$",
    ActionKind.CANCEL_SUBSCRIPTION: "/cancel$",
}
TAKING = (ActionKind.CHARGE, ActionKind.AUTHORIZE)
STATUS = re.compile(r"(?<=<status>)[^<]*(?=</status>)")
# Looked for by a search: nothing else names a new sale. All else is read by id.
LATE = frozenset({ActionKind.CHARGE, ActionKind.AUTHORIZE})


def make_harness(sandbox_url: str) -> "BraintreeHarness":
    """Open a merchant of its own and three keys to it."""
    return BraintreeHarness(sandbox_url)


class BraintreeHarness:
    """The contract's hands at Braintree."""

    adapter = ADAPTER
    # A notification has no signed time that a retry would renew (reference 3.3).

    def __init__(self, sandbox_url: str, *, currency: str = "EUR") -> None:
        self._url = sandbox_url
        mark = uuid.uuid4().hex[:12]
        self.merchant = f"merchant{mark}"
        self.keys = {
            name: (f"{name}_{mark}", f"secret_{name}_{uuid.uuid4().hex}")
            for name in ("full", "limited", "revoked")
        }
        granted: dict[str, Json] = {
            "limited": {"permissions": ["read"]},
            "revoked": {"state": "revoked"},
        }
        for name, pair in self.keys.items():
            self.control(
                "accounts",
                account=self.merchant,
                key=":".join(pair),
                currency=currency,
                **granted.get(name, {}),
            )

    def credentials(self) -> Credentials:
        return self._credentials("full")

    def revoked_credentials(self) -> Credentials:
        return self._credentials("revoked")

    def limited_credentials(self) -> Credentials:
        return self._credentials("limited")

    def make_order(self, action: ActionKind, *, at_period_end: bool = False) -> Order:
        if action is ActionKind.CANCEL_SUBSCRIPTION:
            made = self.make("subscription")
            return Order(
                action=action,
                intent_id=new_id(),
                target_id=made["id"],
                at_period_end=at_period_end,
            )
        if action in TAKING:
            return self._on_file(action)
        if action is ActionKind.CREATE_SUBSCRIPTION:
            return self._to_subscribe()
        outcome = "succeeded" if action is ActionKind.REFUND else "uncaptured"
        charge = self.make("charge", outcome=outcome, amount=9000)
        wanted = 9000 if action is ActionKind.VOID else 2500
        return Order(
            action=action,
            intent_id=new_id(),
            target_id=charge["id"],
            money=Money.of(wanted, charge["currency_iso_code"]),
            reason="goodwill",
        )

    def make_declined_order(self, action: ActionKind) -> Order:
        return self._on_file(action, last4="0002")

    def taken(self, order: Order) -> Money:
        found = self.books()
        known = {each["id"] for each in self.sales_of(order.target_id)}
        return Money.of(sum(found[each]["captured_minor"] for each in known), "EUR")

    def sales_of(self, customer: str) -> list[Json]:
        """The sales that a customer's sold things name in the journal."""
        entries = self._get("journal", provider="braintree", account=self.merchant)["entries"]
        return [
            {"id": each["ids"][0]}
            for each in entries
            if each["effect"] in {"charge.created", "charge.authorized"} and customer in each["ids"]
        ]

    def _on_file(self, action: ActionKind, last4: str = "1111") -> Order:
        who = self.make("customer", last4=last4)
        return Order(
            action=action,
            intent_id=new_id(),
            target_id=who["id"],
            money=Money.of(2500, "EUR"),
            details={
                "payment_method": who["credit_cards"][0]["token"],
                "description": "Order #1001",
            },
        )

    def _to_subscribe(self) -> Order:
        who = self.make("customer")
        details = {
            "price": self.make("plan", amount=1900)["id"],
            "quantity": 1,
            "trial_days": 0,
            "coupon": "",
            "payment_method": who["credit_cards"][0]["token"],
            "unit_minor": 1900,
            "currency": "EUR",
        }
        return Order(
            action=ActionKind.CREATE_SUBSCRIPTION,
            intent_id=new_id(),
            target_id=who["id"],
            details=details,
        )

    def make_late_order(self, action: ActionKind) -> Order | None:
        return self.make_order(action) if action in LATE else None

    def make_charges(self, count: int) -> frozenset[str]:
        made = self.control("seed", account=self.merchant, customers=3, charges=count)
        return frozenset(made["charges"])

    def make(self, kind: str, **wanted: object) -> Json:
        """Create a charge, customer or subscription with given properties."""
        made = self.control("objects", object=kind, account=self.merchant, **wanted)
        return dict(made["object"])

    def arm(self, fault: Fault, action: ActionKind) -> None:
        self.control(
            "faults",
            account=self.merchant,
            path_regex=PATHS[action],
            kind=fault.value,
            times=1,
            delay_s=3,
        )

    def forbid_keys(self) -> None:
        """Let Braintree refuse this merchant's request keys."""
        self.control("settings", **{f"braintree.keys_allowed.{self.merchant}": "0"})

    def moved(self, order: Order) -> Money:
        entry = self.books()[order.target_id]
        return Money.of(entry["refunded_minor"], entry["currency"])

    def books(self) -> Json:
        """The sandbox's own account of this merchant's money."""
        return dict(self._get("money", provider="braintree", account=self.merchant)["objects"])

    def event_body(self) -> bytes:
        charge = self.make("charge", outcome="submitted_for_settlement")
        acted = self.act(charge["id"], "settle")
        return urlencode({"bt_payload": acted["notifications"][0]["bt_payload"]}).encode()

    def act(self, object_id: str, what: str, **more: object) -> Json:
        """Do what a person or bank would do."""
        return self.control("act", object=object_id, do=what, **more)

    def signed(self, body: bytes, *, secret: str, at: datetime) -> InboundRequest:
        form = parse_qs(body.decode(errors="replace"), keep_blank_values=True)
        payload = form.get("bt_payload", [body.decode("ascii", "ignore")])[0]
        key = hashlib.sha1(secret.encode()).digest()  # noqa: S324
        signature = hmac.new(key, payload.encode(), hashlib.sha1).hexdigest()
        fields = {
            "bt_signature": f"somebody|{'0' * 40}&ours|{signature}",
            "bt_payload": payload,
        }
        return InboundRequest(
            method="POST",
            path="/webhooks/braintree/x/",
            query="",
            headers={"content-type": "application/x-www-form-urlencoded"},
            body=urlencode(fields).encode(),
            received_at=clock.now(),
        )

    def parse(self, recording: Mapping[str, object]) -> AnySnapshot | None:
        if "notification" in recording:
            body = urlencode({"bt_payload": str(recording["notification"])}).encode()
            return ADAPTER.parse_stored(body)[0].snapshot
        raw = self._xml(recording)
        tag, obj = next(iter(tree(raw).items()))
        seen = Seen(as_of=clock.now(), raw=raw, customer_id="customer1")
        if recording.get("as") == "product":
            return product(obj, seen)
        return snapshot(tag, obj, seen)

    def with_status(
        self, recording: Mapping[str, object], word: str
    ) -> Mapping[str, object] | None:
        text = str(recording.get("xml", ""))
        if not STATUS.search(text):
            return None
        return {**recording, "xml": STATUS.sub(word, text, count=1)}

    def with_new_fields(self, recording: Mapping[str, object]) -> Mapping[str, object]:
        """The XML with an element nobody knows at the end of everything that holds others."""
        if "notification" in recording:
            text = base64.b64decode(str(recording["notification"])).decode()
            packed = base64.encodebytes(_extended(text).encode()).decode()
            return {**recording, "notification": packed}
        return {**recording, "xml": _extended(str(recording["xml"]))}

    def charge_amount(self, amount: object, currency: str) -> Money:
        return Money.of(iso_minor(amount, currency), iso_code(currency))

    def order_amount(self, money: Money) -> object:
        order = Order(action=ActionKind.REFUND, intent_id=new_id(), target_id="x1", money=money)
        body = ADAPTER.freeze(order)[0].body["transaction"]
        assert isinstance(body, dict)
        return body["amount"]

    def currency_table(self) -> Iterable[tuple[object, Money]]:
        yield "10.99", Money.of(1099, "EUR")
        yield "500", Money.of(500, "JPY")
        yield "12.340", Money.of(12340, "KWD")
        yield "500", Money.of(500, "ISK")
        yield "3700", Money.of(3700, "UGX")
        yield "1099.00", Money.of(109900, "HUF")
        yield "800.00", Money.of(80000, "TWD")

    def control(self, route: str, **order: object) -> Json:
        """Give the sandbox an order."""
        sent = {"provider": "braintree", **order}
        answer = requests.post(f"{self._url}/_control/{route}", json=sent, timeout=30)
        assert answer.ok, answer.text
        return dict(answer.json())

    def effects(self) -> list[str]:
        """What changed at the merchant so far, by the sandbox's own journal."""
        return [each["effect"] for each in self.journal() if each["effect"]]

    def journal(self) -> list[Json]:
        """Every call of this merchant, oldest first."""
        entries: list[Json] = []
        while True:
            after = str(entries[-1]["seq"]) if entries else "0"
            found = self._get("journal", provider="braintree", account=self.merchant, after=after)
            if not found["entries"]:
                return entries
            entries += found["entries"]

    def _get(self, route: str, **query: str) -> Json:
        answer = requests.get(f"{self._url}/_control/{route}", params=query, timeout=10)
        return dict(answer.json())

    def _xml(self, recording: Mapping[str, object]) -> bytes:
        """The recorded XML, with whatever field a test added beside it put into the object."""
        text = str(recording["xml"])
        added = [name for name in recording if name.startswith("zz_")]
        extra = "".join(f"<{name}>{json.dumps(recording[name])}</{name}>" for name in added)
        head, _, tail = text.rpartition("</")
        return f"{head}{extra}</{tail}".encode()

    def _credentials(self, name: str) -> Credentials:
        public, private = self.keys[name]
        return Credentials(
            values={
                "environment": "sandbox",
                "merchant_id": self.merchant,
                "public_key": public,
                "private_key": private,
            },
            api_base=f"{self._url}/braintree",
        )


def _extended(xml: str) -> str:
    root = ElementTree.fromstring(xml)  # noqa: S314  our own recording
    for each in list(root.iter()):
        if len(each) and each.get("type") not in {"array", "collection"}:
            ElementTree.SubElement(ElementTree.SubElement(each, "zz-new"), "a").text = "1"
    return ElementTree.tostring(root, encoding="unicode")
