"""Makes and disturbs things at the sandbox's PayPal, in an account of its own."""

import json
import secrets
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
from gateways.contract import Credentials, InboundRequest, Order
from gateways.paypal import PayPalAdapter
from gateways.paypal.mapping import Seen, billing, payments, refusing_misshapen
from gateways.paypal.mapping import report as rows
from gateways.paypal.mapping.amounts import money_in
from gateways.snapshots import AnySnapshot
from tests.contracts.harness import Fault
from tests.contracts.paypal.certificates import authority, headers_for
from tests.gateways.paypal.specs import published_examples

Json = dict[str, Any]

READ_RIGHTS = (
    "payments/payment/authcapture",
    "payments/payment",
    "reporting/search/read",
    "subscriptions",
    "invoicing/invoices/read",
    "disputes/read-seller",
    "applications/webhooks",
)
PATHS = {
    ActionKind.REFUND: "/refund$",
    ActionKind.CAPTURE: "/capture$",
    ActionKind.VOID: "/void$",
    ActionKind.PAUSE_SUBSCRIPTION: "/suspend$",
    ActionKind.RESUME_SUBSCRIPTION: "/activate$",
    ActionKind.CANCEL_SUBSCRIPTION: "/cancel$",
    ActionKind.SEND_INVOICE: "/send$",
    ActionKind.VOID_INVOICE: "/cancel$",
}
INVOICE_STATUS = {ActionKind.SEND_INVOICE: "DRAFT", ActionKind.VOID_INVOICE: "SENT"}
SUBSCRIPTION_STATUS = {
    ActionKind.PAUSE_SUBSCRIPTION: "ACTIVE",
    ActionKind.RESUME_SUBSCRIPTION: "SUSPENDED",
    ActionKind.CANCEL_SUBSCRIPTION: "ACTIVE",
}
TAKEN = 9000


def make_harness(sandbox_url: str) -> "PayPalHarness":
    """Open an account of its own and three keys to it."""
    return PayPalHarness(sandbox_url)


class PayPalHarness:
    """The contract's hands at PayPal."""

    published = published_examples()

    def __init__(self, sandbox_url: str) -> None:
        # The suite's webhooks are signed under an authority of the tests' own.
        self.adapter = PayPalAdapter(trust=authority().trust(authority().vouch()))
        self._url = sandbox_url
        mark = uuid.uuid4().hex[:12].upper()
        self.account = "".join(
            secrets.choice("23456789ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(13)
        )
        self._client, self._limited = f"client_{mark}", f"limited_{mark}"
        self.control("accounts", account=self.account, key=self._client)
        self.control("accounts", account=self.account, key=self._limited, permissions=READ_RIGHTS)

    def credentials(self) -> Credentials:
        return self._credentials(self._client)

    def revoked_credentials(self) -> Credentials:
        return self._credentials("client_revoked")

    def limited_credentials(self) -> Credentials:
        return self._credentials(self._limited)

    def make_order(self, action: ActionKind, *, at_period_end: bool = False) -> Order:
        if action in SUBSCRIPTION_STATUS:
            made = self.make("subscription", status=SUBSCRIPTION_STATUS[action])
            return Order(
                action=action,
                intent_id=new_id(),
                target_id=made["id"],
                at_period_end=at_period_end,
                details={"pause": "whole"} if action is ActionKind.RESUME_SUBSCRIPTION else {},
            )
        if action in INVOICE_STATUS:
            made = self.make("invoice", status=INVOICE_STATUS[action])
            return Order(action=action, intent_id=new_id(), target_id=made["id"])
        is_refund = action is ActionKind.REFUND
        made = self.make("charge" if is_refund else "authorization", amount=TAKEN)
        wanted = TAKEN if action is ActionKind.VOID else 2500
        return Order(
            action=action,
            intent_id=new_id(),
            target_id=made["id"],
            payment_id=made["id"],
            money=Money.of(wanted, "EUR"),
            reason="goodwill",
        )

    def make_late_order(self, action: ActionKind) -> Order | None:
        """Without an order only the report tells of refunds; here it shows all else at once."""
        if action is not ActionKind.REFUND:
            return None
        self.control("settings", **{f"paypal.report_lag_s.{self.account}": "0"})
        made = self.make("charge", amount=TAKEN, is_bare=True)["id"]
        return replace(self.make_order(action), target_id=made, payment_id=made)

    def make_charges(self, count: int) -> frozenset[str]:
        made = self.control("seed", account=self.account, customers=3, charges=count)
        return frozenset(made["charges"])

    def make(self, kind: str, **wanted: object) -> Json:
        """Create a charge, authorization or subscription with given properties."""
        made = self.control("objects", object=kind, account=self.account, **wanted)
        return dict(made["object"])

    def act(self, object_id: str, what: str, **more: object) -> Json:
        """Do what a person or bank would do."""
        return self.control("act", object=object_id, do=what, **more)

    def arm(self, fault: Fault, action: ActionKind) -> None:
        self.control(
            "faults",
            account=self.account,
            method="POST",
            path_regex=PATHS[action],
            kind=fault.value,
            times=1,
            delay_s=3,
        )

    def moved(self, order: Order) -> Money:
        books = requests.get(
            f"{self._url}/_control/money",
            params={"provider": "paypal", "account": self.account},
            timeout=10,
        ).json()["objects"]
        entry = books[order.target_id]
        return Money.of(entry["refunded_minor"], entry["currency"])

    def event_body(self) -> bytes:
        charge = self.make("charge")
        answer = self.adapter.events(
            self.credentials(), since=clock.now().replace(hour=0, minute=0)
        )
        event = next(each for each in answer.events if each.object_id == charge["id"])
        return json.dumps(json.loads(event.raw), indent=2).encode()

    def signed(self, body: bytes, *, secret: str, at: datetime) -> InboundRequest:
        return InboundRequest(
            method="POST",
            path="/webhooks/paypal/x/",
            query="",
            headers=headers_for(body, secret, at),
            body=body,
            received_at=clock.now(),
        )

    @refusing_misshapen
    def parse(self, recording: Mapping[str, object]) -> AnySnapshot | None:
        raw = json.dumps(recording).encode()
        if "event_type" in recording:
            return self.adapter.parse_stored(raw)[0].snapshot
        return picture_of(recording, Seen(as_of=clock.now(), raw=raw))

    def with_status(
        self, recording: Mapping[str, object], word: str
    ) -> Mapping[str, object] | None:
        if "transaction_info" in recording:
            info = recording["transaction_info"]
            assert isinstance(info, dict)
            return {**recording, "transaction_info": {**info, "transaction_status": word}}
        if "billing_cycles" in recording or "event_type" in recording:
            return None
        name = "state" if "state" in recording else "status"
        return {**recording, name: word} if name in recording else None

    def charge_amount(self, amount: object, currency: str) -> Money:
        return money_in({"value": amount, "currency_code": currency})

    def order_amount(self, money: Money) -> object:
        order = Order(action=ActionKind.REFUND, intent_id=new_id(), target_id="C1", money=money)
        amount = self.adapter.freeze(order)[0].body["amount"]
        assert isinstance(amount, dict)
        assert amount["currency_code"] == money.currency.code
        return amount["value"]

    def currency_table(self) -> Iterable[tuple[object, Money]]:
        # PayPal's text; ours in ISO minor units.
        yield "10.99", Money.of(1099, "EUR")
        yield "0.01", Money.of(1, "USD")
        yield "500", Money.of(500, "JPY")
        yield "1234", Money.of(123_400, "HUF")
        yield "800", Money.of(80_000, "TWD")

    def control(self, route: str, **order: object) -> Json:
        """Give the sandbox an order."""
        answer = requests.post(
            f"{self._url}/_control/{route}", json={"provider": "paypal", **order}, timeout=30
        )
        assert answer.ok, answer.text
        return dict(answer.json())

    def journal(self) -> list[Json]:
        """Every call of this account."""
        answer = requests.get(
            f"{self._url}/_control/journal",
            params={"provider": "paypal", "account": self.account},
            timeout=10,
        )
        entries: list[Json] = answer.json()["entries"]
        return entries

    def _credentials(self, client: str) -> Credentials:
        return Credentials(
            values={
                "client_id": client,
                "client_secret": f"secret_of_{client}",
                "environment": "sandbox",
            },
            api_base=f"{self._url}/paypal",
        )


def picture_of(recording: Mapping[str, Any], seen: Seen) -> AnySnapshot:
    """The snapshot of a recorded object, which is known by its fields."""
    if "transaction_info" in recording:
        code = recording["transaction_info"]["transaction_event_code"]
        if code == rows.REFUND:
            return rows.refund(recording, seen)
        return rows.charge(recording, seen, payments.Beside())
    if "state" in recording:
        return payments.sale(recording, seen, payments.Beside())
    for field, maps in (
        ("dispute_id", payments.dispute),
        ("billing_cycles", billing.plan),
        ("plan_id", billing.subscription),
        ("detail", billing.invoice),
        ("category", billing.product),
        ("seller_payable_breakdown", payments.refund),
    ):
        if field in recording:
            return maps(recording, seen)
    if "expiration_time" in recording:
        own = payments.payment if "custom_id" in recording else payments.authorization
        return own(recording, seen, payments.Beside())
    return payments.capture(recording, seen, payments.Beside())
