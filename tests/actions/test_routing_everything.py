"""Every action of a built-in gateway can go to an address of the tenant's own system."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from chargedesk.actions.models import ActionIntent, IntentState
from chargedesk.base import scoping
from chargedesk.ledger.models import Charge, GatewayCustomer
from chargedesk.ledger.services import record_snapshots
from chargedesk.tenants.credentials import gateway_credentials
from chargedesk.tenants.services import set_functions
from chargedesk.tenants.services.members import member_actor
from gateways import registry
from gateways.capabilities import ActionKind
from gateways.function_kinds import FUNCTION_KINDS
from gateways.snapshots import ObjectKind
from tests.actions import wishes
from tests.actions.shop import Shop, open_shop
from tests.actions.test_routing import Routed
from tests.conftest import Running
from tests.services.accounts import Control, new_user, reread
from tests.services.tills import HOUSES, open_till

Json = dict[str, Any]
EVERY = tuple(each.value for each in FUNCTION_KINDS)

# What the company's own program does at Stripe when it is asked, and answers.
Deed = Callable[[Shop, Json], Json]


def _charged(*, holds: bool = False, metadata: str = "") -> Deed:
    def deed(shop: Shop, body: Json) -> Json:
        amount = body["authorize_amount" if holds else "charge_amount"]
        fields = {
            "amount": str(round(amount * 100)),
            "currency": body["currency"].lower(),
            "customer": body["customer"]["customer_id"],
            "payment_method": body["details"]["payment_method"],
            "confirm": "true",
            "off_session": "true",
            **({"capture_method": "manual"} if holds else {}),
            **({"metadata[chargedesk_intent]": metadata} if metadata else {}),
        }
        made = shop.account.request("POST", "/v1/payment_intents", **fields)
        return {"charge": {"transaction_id": made["latest_charge"]}}

    return deed


def _subscribed(shop: Shop, body: Json) -> Json:
    details = body["details"]
    made = shop.account.request(
        "POST",
        "/v1/subscriptions",
        customer=body["customer"]["customer_id"],
        **{
            "items[0][price]": details["price"],
            "items[0][quantity]": str(details["quantity"]),
            "default_payment_method": details["payment_method"],
        },
    )
    return {"subscription": {"subscription_id": made["id"]}}


def _on_subscription(fields: Callable[[Json], dict[str, str]]) -> Deed:
    def deed(shop: Shop, body: Json) -> Json:
        path = f"/v1/subscriptions/{body['subscription']['subscription_id']}"
        assert body["customer"]["customer_id"]
        shop.account.request("POST", path, **fields(body.get("details", {})))
        return {}

    return deed


def _void_invoice(shop: Shop, body: Json) -> Json:
    shop.account.request("POST", f"/v1/invoices/{body['invoice']['invoice_id']}/void")
    return {}


def _page(_shop: Shop, _body: Json) -> Json:
    return {"url": "https://pay.example/1", "expires_at": 1_900_000_000}


DEEDS: dict[ActionKind, Deed] = {
    ActionKind.CHARGE: _charged(),
    ActionKind.AUTHORIZE: _charged(holds=True),
    ActionKind.REQUEST_PAYMENT: _page,
    ActionKind.REQUEST_CARD_UPDATE: _page,
    ActionKind.CREATE_SUBSCRIPTION: _subscribed,
    ActionKind.CHANGE_SUBSCRIPTION: _on_subscription(
        lambda details: {
            "items[0][id]": details["item"],
            "items[0][price]": details["price"],
            "items[0][quantity]": str(details["quantity"]),
        }
    ),
    ActionKind.PAUSE_SUBSCRIPTION: _on_subscription(
        lambda _: {"pause_collection[behavior]": "void"}
    ),
    ActionKind.APPLY_COUPON: _on_subscription(
        lambda details: {"discounts[0][coupon]": details["coupon"]}
    ),
    ActionKind.VOID_INVOICE: _void_invoice,
    ActionKind.SEND_INVOICE: lambda _shop, _body: {},
}
# What the gateway must show before a plain yes is believed.
SHOWN = tuple(each for each in DEEDS if FUNCTION_KINDS[each].shows or FUNCTION_KINDS[each].makes)


@pytest.fixture
def routed(
    committed_db: None, no_helping_worker: None, sandbox: Running, httpserver: HTTPServer
) -> Routed:
    """A Stripe shop; nothing is routed yet."""
    return Routed(open_shop(sandbox.url), httpserver, "")


def _route(routed: Routed, action: ActionKind, answer: Callable[[Json], Json | None]) -> Routed:
    """Send this action to a program; where it answers None, it answers 500."""

    def handle(request: Request) -> Response:
        told = answer(json.loads(request.data))
        return Response(
            json.dumps(told or {}),
            200 if told is not None else 500,
            content_type="application/json",
        )

    routed.server.expect_request(f"/{action}").respond_with_handler(handle)
    urls = {action.value: routed.server.url_for(f"/{action}")}
    shop = routed.shop
    with scoping.tenant(shop.tenant.id):
        set_functions(shop.connection.id, urls=urls, actor=member_actor(new_user()))
    return Routed(Shop(shop.tenant, reread(shop.connection), shop.account), routed.server, "")


def _ordered(routed: Routed, action: ActionKind, answer: Callable[[Json], Json | None]) -> Any:
    object_id, wish = wishes.wished(routed.shop, action)
    there = _route(routed, action, answer)
    intent = there.shop.order(action, object_id, **wish)
    return there, there.shop.send(intent)


@pytest.mark.parametrize("action", list(DEEDS))
def test_what_the_system_did_is_seen_at_the_gateway(routed: Routed, action: ActionKind) -> None:
    """One signed call, and the outcome by what Stripe shows; the call says what it is about."""
    there, intent = _ordered(routed, action, lambda body: DEEDS[action](routed.shop, body))
    assert (intent.state, intent.failure_message) == (IntentState.SUCCEEDED, "")
    (call,) = there.calls()
    assert call["action"] == action.value
    assert call["idempotency_key"] == f"{intent.id}-{action}"
    assert FUNCTION_KINDS[action].about.value in call
    if FUNCTION_KINDS[action].amount:
        assert (call[FUNCTION_KINDS[action].amount], call["currency"]) == (20.0, "EUR")
    if FUNCTION_KINDS[action].gives_url:
        assert intent.result_url == "https://pay.example/1"
        assert intent.result_expires_at is not None
    if FUNCTION_KINDS[action].makes is ObjectKind.CHARGE:
        with scoping.tenant(routed.shop.tenant.id):
            assert Charge.objects.get(external_id=intent.result_id).intent_id == intent.id


@pytest.mark.parametrize("action", SHOWN)
def test_a_yes_that_does_not_show_is_unknown_and_never_repeated(
    routed: Routed, action: ActionKind
) -> None:
    """M4, M7: a 2xx is no proof where the gateway could show it."""
    there, intent = _ordered(routed, action, lambda _: {})
    assert intent.state == IntentState.UNKNOWN
    assert there.shop.find_out(intent).state == IntentState.UNKNOWN
    assert len(there.calls()) == 1


@pytest.mark.parametrize(
    "action", [ActionKind.CHANGE_SUBSCRIPTION, ActionKind.APPLY_COUPON, ActionKind.VOID_INVOICE]
)
def test_a_lost_answer_is_found_by_the_state_at_the_gateway(
    routed: Routed, action: ActionKind
) -> None:
    """M5, M7: a 500 after the deed; the object is as it was ordered."""

    def broken(body: Json) -> None:
        DEEDS[action](routed.shop, body)

    there, intent = _ordered(routed, action, broken)
    assert intent.state == IntentState.UNKNOWN
    assert there.shop.find_out(intent).state == IntentState.SUCCEEDED
    assert len(there.calls()) == 1


@pytest.mark.parametrize("wrong", ["amount", "old", "marker"])
def test_a_charge_that_is_not_the_ordered_one_settles_nothing(routed: Routed, wrong: str) -> None:
    """M7: another amount, one from before the call, or one with the marker of another order."""
    deeds: dict[str, Deed] = {
        "amount": lambda shop, body: _charged()(shop, {**body, "charge_amount": 19.99}),
        "old": lambda shop, _: {"charge": {"transaction_id": shop.account.charges[0]}},
        "marker": _charged(metadata="01a20595-9373-76d7-b1bf-63843561aeab"),
    }
    there, intent = _ordered(
        routed, ActionKind.CHARGE, lambda body: deeds[wrong](routed.shop, body)
    )
    assert intent.state == IntentState.UNKNOWN
    assert there.shop.find_out(intent).state == IntentState.UNKNOWN
    assert len(there.calls()) == 1


def test_a_charge_named_twice_settles_one_order_only(routed: Routed) -> None:
    """M7: a system that takes like orders for the same names the first one's charge again."""
    made: list[Json] = []

    def charge(body: Json) -> Json:
        if not made:
            made.append(_charged()(routed.shop, body))
        return made[0]

    there, first = _ordered(routed, ActionKind.CHARGE, charge)
    second = there.shop.send(
        there.shop.order(
            ActionKind.CHARGE, first.object_id, **wishes.wished(there.shop, ActionKind.CHARGE)[1]
        )
    )
    assert (first.state, second.state) == (IntentState.SUCCEEDED, IntentState.UNKNOWN)


def test_a_page_without_an_address_is_unknown(routed: Routed) -> None:
    """M5: the page is all there is of it."""
    _there, intent = _ordered(routed, ActionKind.REQUEST_PAYMENT, lambda _: {"url": "pay here"})
    assert intent.state == IntentState.UNKNOWN


def test_a_refusal_is_shown_in_the_system_s_words(routed: Routed) -> None:
    object_id, wish = wishes.wished(routed.shop, ActionKind.CHARGE)
    there = _route(routed, ActionKind.CHARGE, lambda _: {})
    routed.server.clear()
    routed.server.expect_request("/charge").respond_with_json(
        {"error": {"message": "Ask the boss."}}, status=402
    )
    intent: ActionIntent = there.shop.send(there.shop.order(ActionKind.CHARGE, object_id, **wish))
    assert (intent.state, intent.failure_message) == (IntentState.FAILED, "Ask the boss.")


def test_a_charge_on_braintree_is_routed_and_read_there(
    committed_db: None, no_helping_worker: None, sandbox: Running, httpserver: HTTPServer
) -> None:
    """A gateway that does not declare it: the named sale is verified at Braintree."""
    control = Control(sandbox.url)
    account, connection = open_till(
        control, HOUSES["braintree"], charges=1, amount=5000, has_webhook=False
    )
    customer = account.customers[0]
    _read(connection, customer)
    with scoping.tenant(connection.tenant_id):
        shop = Shop(connection.tenant, connection, account)
        row = GatewayCustomer.objects.get(external_id=customer)

    def charge(body: Json) -> Json:
        amount = round(body["charge_amount"] * 100)
        made = account.make("charge", customer=customer, amount=amount)
        return {"charge": {"transaction_id": str(made["id"])}}

    there = _route(Routed(shop, httpserver, ""), ActionKind.CHARGE, charge)
    intent = there.shop.send(there.shop.order(ActionKind.CHARGE, row.id, **wishes.ASKED))
    assert (intent.state, intent.failure_message) == (IntentState.SUCCEEDED, "")


def _read(connection: Any, customer: str) -> None:
    adapter = registry.adapter(connection.provider)
    found = adapter.read(gateway_credentials(connection), ObjectKind.CUSTOMER, customer)
    with scoping.tenant(connection.tenant_id):
        record_snapshots(connection, found)


def test_every_action_can_be_given_an_address(routed: Routed) -> None:
    urls = {name: routed.server.url_for(f"/{name}") for name in EVERY}
    shop = routed.shop
    with scoping.tenant(shop.tenant.id):
        set_functions(shop.connection.id, urls=urls, actor=member_actor(new_user()))
    assert set(EVERY) == {each.value for each in ActionKind}
    assert reread(shop.connection).functions == urls
