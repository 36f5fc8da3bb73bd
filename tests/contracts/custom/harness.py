"""Makes and disturbs things at the sandbox's own billing system, one company per harness."""

import base64
import json
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import requests

from chargedesk.kit import clock
from chargedesk.kit.ids import new_id
from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind
from gateways.contract import Credentials, FunctionCall, Functions, InboundRequest, Order
from gateways.custom import ADAPTER
from gateways.custom.mapping import pictures
from gateways.errors import (
    AlreadyDoneError,
    CredentialsError,
    GatewayError,
    InvalidOrderError,
)
from gateways.function_kinds import FUNCTION_KINDS, ID_NAMES
from gateways.functions import LOOK_UP, signed_headers
from gateways.routing import adapter_for
from gateways.snapshots import AnySnapshot, ChargeSnapshot, ObjectKind
from tests.contracts.harness import Fault

Json = dict[str, Any]
ACTIONS = tuple(ActionKind)
READ_AT = clock.from_unix(1_790_000_000)
AMOUNTS = {
    ActionKind.REFUND: 2500,
    ActionKind.CAPTURE: 2500,
    ActionKind.VOID: 9000,
    ActionKind.CHARGE: 2500,
    ActionKind.AUTHORIZE: 2500,
    ActionKind.REQUEST_PAYMENT: 2500,
}
PLAN = {"price": "team", "quantity": 3}
DETAILS: Mapping[ActionKind, Json] = {
    ActionKind.CREATE_SUBSCRIPTION: {**PLAN, "trial_days": 0, "coupon": "", "payment_method": ""},
    ActionKind.CHANGE_SUBSCRIPTION: {"item": "", **PLAN, "prorate": "none", "proration_at": 0},
    ActionKind.APPLY_COUPON: {"coupon": "ten", "keep": []},
    ActionKind.REMOVE_COUPON: {"discount": "ten", "keep": []},
}
KINDS = {
    "transaction_id": ObjectKind.CHARGE,
    "subscription_id": ObjectKind.SUBSCRIPTION,
    "customer_id": ObjectKind.CUSTOMER,
    "product_id": ObjectKind.PRODUCT,
}


def make_harness(sandbox_url: str) -> "CustomHarness":
    """Open a company of its own."""
    return CustomHarness(sandbox_url)


def new_secret() -> str:
    """A signing secret as the product makes them."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


class CustomHarness:
    """The contract's hands at a company's own system."""

    never_raised = {
        AlreadyDoneError: "a refusal is the system's own words; what is there, the look-up tells",
        CredentialsError: "there are no keys: a system that mistrusts our signature refuses",
    }

    def __init__(self, sandbox_url: str, **habits: str) -> None:
        self.url = sandbox_url
        self.account = f"co_{secrets.token_hex(6)}"
        self.secret, self._wrong = new_secret(), new_secret()
        self.urls = {
            name: f"/{self.account}/{name}" for name in (*(each.value for each in ACTIONS), LOOK_UP)
        }
        self.adapter = adapter_for("custom", self.urls)
        self.control("accounts", secret=self.secret, **habits)

    def credentials(self) -> Credentials:
        return self._credentials(self.secret)

    def revoked_credentials(self) -> Credentials:
        return self._credentials(self._wrong)

    def limited_credentials(self) -> Credentials:
        return self._credentials(self._wrong)

    def make_order(self, action: ActionKind, *, at_period_end: bool = False) -> Order:
        kind = FUNCTION_KINDS[action].about
        target = self._subject(action, kind)
        call = FunctionCall(url=self.urls[action.value], agent="Ada", subject={kind.value: target})
        return Order(
            action=action,
            intent_id=new_id(),
            target_id=target[ID_NAMES[kind]],
            money=Money.of(AMOUNTS[action], "EUR") if action in AMOUNTS else None,
            reason="goodwill",
            at_period_end=at_period_end,
            details=DETAILS.get(action, {}),
            function=call,
        )

    def make_declined_order(self, action: ActionKind) -> Order:
        order = self.make_order(action)
        customer = self.make("customer", card="declined")
        call = FunctionCall(url=self.urls[action.value], subject={"customer": customer})
        return replace(order, target_id=customer["customer_id"], function=call)

    def taken(self, order: Order) -> Money:
        query = {"provider": "custom", "account": self.account, "kind": "charge"}
        rows = requests.get(f"{self.url}/_control/objects", params=query, timeout=30).json()
        of_customer = [each for each in rows["objects"] if each["customer_id"] == order.target_id]
        total = sum(round(float(each["amount"]) * 100) for each in of_customer)
        return Money.of(total, "EUR")

    @property
    def own_ways(self) -> Mapping[type[GatewayError], Callable[[], object]]:
        """An address in a private network, where nothing is ever sent."""
        order = self.make_order(ActionKind.REFUND)
        held = self.credentials()
        wary = replace(held, functions=replace(held.functions, is_trusted=False))
        step = self.adapter.freeze(order)[-1]
        until = clock.now() + timedelta(seconds=10)
        return {
            InvalidOrderError: lambda: self.adapter.send(wary, order, step, deadline=until),
        }

    def make_late_order(self, action: ActionKind) -> Order | None:
        return self.make_order(action)

    def make_charges(self, count: int) -> frozenset[str]:
        return frozenset(self.control("seed", charges=count)["charges"])

    def make(self, kind: str, **wanted: object) -> Json:
        """Create a record with given properties."""
        made = self.control("objects", object=kind, **wanted)["object"]
        return {name: each for name, each in made.items() if name not in {"id", "created"}}

    def act(self, object_id: str, what: str, **more: object) -> Json:
        """Do what a person would do."""
        return dict(self.control("act", object=object_id, do=what, **more)["object"])

    def arm(self, fault: Fault, action: ActionKind) -> None:
        self.control("faults", path_regex=f"/{action.value}$", kind=fault.value, times=1, delay_s=3)

    def moved(self, order: Order) -> Money:
        entry = self.money()[order.target_id]
        return Money.of(entry["refunded_minor"], entry["currency"])

    def money(self) -> Json:
        """The company's own account of its money, by charge."""
        return dict(self._get("money")["objects"])

    def effects(self) -> list[str]:
        """What changed at the company so far."""
        return [each["effect"] for each in self._get("journal")["entries"] if each["effect"]]

    def event_body(self) -> bytes:
        event = {
            "event_id": f"event-{secrets.token_hex(6)}",
            "created": int(clock.now().timestamp()),
            "class": "charge",
            "event": "charge_new",
            "data": {"charge": self.make("charge")},
        }
        return json.dumps(event, indent=2).encode()

    def signed(self, body: bytes, *, secret: str, at: datetime) -> InboundRequest:
        return InboundRequest(
            method="POST",
            path="/webhooks/custom/x/",
            query="",
            headers=signed_headers(secret, "event-1", body, at=at),
            body=body,
            received_at=clock.now(),
        )

    def parse(self, recording: Mapping[str, object]) -> AnySnapshot | None:
        if "event_id" in recording:
            return ADAPTER.parse_stored(json.dumps(recording).encode())[0].snapshot
        return _read(recording)[0]

    def with_status(
        self, recording: Mapping[str, object], word: str
    ) -> Mapping[str, object] | None:
        return {**recording, "status": word} if "status" in recording else None

    def charge_amount(self, amount: object, currency: str) -> Money:
        record = {"transaction_id": "inv-1", "amount": amount, "currency": currency}
        found = _read(record)[0]
        assert isinstance(found, ChargeSnapshot)
        return Money.of(found.amount_minor, found.currency)

    def order_amount(self, money: Money) -> object:
        order = Order(
            action=ActionKind.REFUND,
            intent_id=new_id(),
            target_id="inv-1",
            money=money,
            function=FunctionCall(url="/refund"),
        )
        return self.adapter.freeze(order)[0].body["refund_amount"]

    def currency_table(self) -> Iterable[tuple[object, Money]]:
        # v1's decimal text; ours in ISO minor units.
        yield "10.99", Money.of(1099, "EUR")
        yield "500", Money.of(500, "JPY")
        yield "12.340", Money.of(12340, "KWD")
        yield "500", Money.of(500, "ISK")
        yield "3700", Money.of(3700, "UGX")
        yield "10.99", Money.of(1099, "HUF")
        yield "800.00", Money.of(80000, "TWD")

    def control(self, route: str, **order: object) -> Json:
        """Give the sandbox an order about this company."""
        body = {"provider": "custom", "account": self.account, **order}
        answer = requests.post(f"{self.url}/_control/{route}", json=body, timeout=30)
        assert answer.ok, answer.text
        return dict(answer.json())

    def _get(self, route: str) -> Json:
        query = {"provider": "custom", "account": self.account}
        answer = requests.get(f"{self.url}/_control/{route}", params=query, timeout=30)
        assert answer.ok, answer.text
        return dict(answer.json())

    def _subject(self, action: ActionKind, kind: ObjectKind) -> Json:
        wanted = {
            ActionKind.CAPTURE: {"outcome": "authorized"},
            ActionKind.VOID: {"outcome": "authorized"},
            ActionKind.RESUME_SUBSCRIPTION: {"status": "suspended"},
            ActionKind.REMOVE_COUPON: {"coupon": "ten"},
        }
        return self.make(kind.value, **wanted.get(action, {}))

    def _credentials(self, secret: str) -> Credentials:
        functions = Functions(urls=self.urls, secret=secret, is_trusted=True)
        return Credentials(values={}, api_base=f"{self.url}/custom", functions=functions)


def _read(record: Mapping[str, object]) -> tuple[AnySnapshot, ...]:
    kind = next(kind for name, kind in KINDS.items() if name in record)
    return pictures(kind, record, stored=b"", as_of=READ_AT)
