"""Actions of a built-in gateway routed to an address of the tenant's own system."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from audit.models import AuditEvent
from chargedesk.actions.models import ActionIntent, IntentState
from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.ledger.models import Refund
from chargedesk.tenants.services import set_functions
from chargedesk.tenants.services.members import member_actor
from gateways.capabilities import ActionKind
from gateways.functions import signature
from tests.actions.shop import Shop, open_shop
from tests.conftest import Running
from tests.services.accounts import new_user, reread

Answer = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass
class Routed:
    """A Stripe shop whose orders go to a scripted system of the tenant's own."""

    shop: Shop
    server: HTTPServer
    secret: str

    def answers(self, action: str, answer: Answer, *, status: int = 200) -> None:
        """Let the system do `answer` when called, once its signature is verified."""

        def handle(request: Request) -> Response:
            self.verify(request)
            body = json.dumps(answer(json.loads(request.data)))
            return Response(body, status, content_type="application/json")

        self.server.expect_request(f"/{action}").respond_with_handler(handle)

    def verify(self, request: Request) -> None:
        """As the guide tells the tenant's developers to."""
        headers = request.headers
        ours = signature(
            self.secret, headers["webhook-id"], headers["webhook-timestamp"], request.data
        )
        assert headers["webhook-signature"] == ours

    def calls(self) -> list[dict[str, Any]]:
        """What the system was asked."""
        return [json.loads(request.data) for request, _ in self.server.log]

    def refund_at_stripe(self, charge: str, minor: int) -> str:
        """What the tenant's own program does with its own key."""
        made = self.shop.account.request("POST", "/v1/refunds", charge=charge, amount=str(minor))
        return str(made["id"])


@pytest.fixture
def routed(
    committed_db: None, no_helping_worker: None, sandbox: Running, httpserver: HTTPServer
) -> Routed:
    """Refunds and voids go to the tenant's system."""
    shop = open_shop(sandbox.url)
    urls = {name: httpserver.url_for(f"/{name}") for name in ("refund", "void")}
    with scoping.tenant(shop.tenant.id):
        secret = set_functions(shop.connection.id, urls=urls, actor=member_actor(new_user()))
    shop = Shop(shop.tenant, reread(shop.connection), shop.account)
    return Routed(shop, httpserver, secret)


def _refund(routed: Routed, minor: int = 300) -> ActionIntent:
    charge = routed.shop.charge(routed.shop.account.charges[0])
    return routed.shop.send(routed.shop.place(charge, minor))


def test_a_refund_named_is_read_at_the_gateway(routed: Routed) -> None:
    """The tenant's system refunds at Stripe; the refund it names becomes ours (M11)."""

    def refund(body: dict[str, Any]) -> dict[str, Any]:
        assert body["refund_amount"] == 3.0
        return {
            "refund": {"refund_id": routed.refund_at_stripe(body["charge"]["transaction_id"], 300)}
        }

    routed.answers("refund", refund)
    intent = _refund(routed)
    assert intent.state == IntentState.SUCCEEDED
    with scoping.tenant(routed.shop.tenant.id):
        linked = Refund.objects.get(intent_id=intent.id)
    assert (linked.external_id, linked.amount_minor) == (intent.result_id, 300)
    assert linked.external_id.startswith("re_")
    root = routed.shop.root(routed.shop.account.charges[0])
    assert (root.refunds_minor, root.held_minor) == (300, 0)


@pytest.mark.parametrize("minor", [299, 0])
def test_a_refund_that_is_not_the_ordered_one_settles_nothing(routed: Routed, minor: int) -> None:
    """M7: another amount, or a refund that is not there."""

    def refund(body: dict[str, Any]) -> dict[str, Any]:
        made = routed.refund_at_stripe(body["charge"]["transaction_id"], minor) if minor else "re_x"
        return {"refund": {"refund_id": made}}

    routed.answers("refund", refund)
    intent = _refund(routed)
    assert intent.state == IntentState.UNKNOWN
    assert routed.shop.find_out(intent).state == IntentState.UNKNOWN
    assert len(routed.calls()) == 1


def test_a_refund_named_twice_settles_one_order_only(routed: Routed) -> None:
    """M7: a system that answers like orders alike names the first one's refund for the second."""
    made: list[str] = []

    def refund(body: dict[str, Any]) -> dict[str, Any]:
        if not made:
            made.append(routed.refund_at_stripe(body["charge"]["transaction_id"], 300))
        return {"refund": {"refund_id": made[0]}}

    routed.answers("refund", refund)
    first, second = _refund(routed), _refund(routed)
    assert (first.state, second.state) == (IntentState.SUCCEEDED, IntentState.UNKNOWN)
    with scoping.tenant(routed.shop.tenant.id):
        assert Refund.objects.get(external_id=made[0]).intent_id == first.id
    assert routed.shop.find_out(second).state == IntentState.UNKNOWN
    root = routed.shop.root(routed.shop.account.charges[0])
    assert (root.refunds_minor, root.held_minor) == (300, 300)
    assert len(routed.calls()) == 2


def test_a_plain_yes_is_believed_when_the_gateway_shows_it(routed: Routed) -> None:
    """M6: a void is settled by the state at Stripe, not by the word."""
    made = routed.shop.account.make("charge", outcome="uncaptured", amount=9000)
    routed.shop.sync()
    charge = routed.shop.charge(made["id"])

    def void(body: dict[str, Any]) -> dict[str, Any]:
        routed.shop.account.request("POST", f"/v1/payment_intents/{made['payment_intent']}/cancel")
        return {}

    routed.answers("void", void)
    intent = routed.shop.send(routed.shop.order(ActionKind.VOID, charge.id))
    assert intent.state == IntentState.SUCCEEDED
    assert routed.shop.root(made["id"]).capturable_minor == 0


def test_a_plain_yes_that_does_not_show_is_unknown_until_it_does(routed: Routed) -> None:
    made = routed.shop.account.make("charge", outcome="uncaptured", amount=9000)
    routed.shop.sync()
    charge = routed.shop.charge(made["id"])
    routed.answers("void", lambda _: {})
    intent = routed.shop.send(routed.shop.order(ActionKind.VOID, charge.id))
    assert intent.state == IntentState.UNKNOWN
    routed.shop.account.request("POST", f"/v1/payment_intents/{made['payment_intent']}/cancel")
    assert routed.shop.find_out(intent).state == IntentState.SUCCEEDED
    assert len(routed.calls()) == 1


def test_a_refusal_is_shown_in_the_system_s_words(routed: Routed) -> None:
    routed.answers("refund", lambda _: {"error": {"message": "Ask the boss first."}}, status=422)
    intent = _refund(routed)
    assert (intent.state, intent.failure_message) == (IntentState.FAILED, "Ask the boss first.")
    assert routed.shop.refunds_made() == []


@pytest.mark.parametrize("status", [500, 502, 409, 301, 422])
def test_no_clear_answer_is_never_repeated(routed: Routed, status: int) -> None:
    """M4, M5, M7."""
    routed.answers("refund", lambda _: {}, status=status)
    intent = _refund(routed)
    assert intent.state == IntentState.UNKNOWN
    assert routed.shop.find_out(intent).state == IntentState.UNKNOWN
    assert len(routed.calls()) == 1


def test_what_is_not_routed_goes_to_the_gateway(routed: Routed) -> None:
    made = routed.shop.account.make("charge", outcome="uncaptured", amount=9000)
    routed.shop.sync()
    charge = routed.shop.charge(made["id"])
    intent = routed.shop.send(routed.shop.order(ActionKind.CAPTURE, charge.id))
    assert intent.state == IntentState.SUCCEEDED
    assert routed.calls() == []


def test_the_route_of_an_order_never_changes(routed: Routed) -> None:
    """M1: an order made for one address is not sent to another, nor to the gateway."""
    charge = routed.shop.charge(routed.shop.account.charges[0])
    intent = routed.shop.place(charge, 300)
    with scoping.tenant(routed.shop.tenant.id):
        set_functions(routed.shop.connection.id, urls={}, actor=member_actor(new_user()))
    assert routed.shop.send(intent).state == IntentState.REJECTED
    assert routed.calls() == []
    assert routed.shop.refunds_made() == []


def test_an_unanswered_order_is_found_though_the_route_is_gone(routed: Routed) -> None:
    """M1, M7: what was sent to the address is looked for as such."""
    made = routed.shop.account.make("charge", outcome="uncaptured", amount=9000)
    routed.shop.sync()
    charge = routed.shop.charge(made["id"])
    routed.answers("void", lambda _: {}, status=500)
    intent = routed.shop.send(routed.shop.order(ActionKind.VOID, charge.id))
    with scoping.tenant(routed.shop.tenant.id):
        set_functions(routed.shop.connection.id, urls={}, actor=member_actor(new_user()))
    routed.shop.account.request("POST", f"/v1/payment_intents/{made['payment_intent']}/cancel")
    assert routed.shop.find_out(intent).state == IntentState.SUCCEEDED
    assert len(routed.calls()) == 1


def test_the_audit_log_says_where_it_went(routed: Routed) -> None:
    routed.answers("refund", lambda _: {"error": {"message": "No."}}, status=422)
    intent = _refund(routed)
    with scoping.tenant(routed.shop.tenant.id):
        rows = AuditEvent.objects.filter(details__intent=str(intent.id))
        assert {each.details["route"] for each in rows} == {routed.server.url_for("/refund")}


def test_a_pause_of_the_own_system_stops_no_order_that_goes_elsewhere(routed: Routed) -> None:
    """A 429 is of the place that said it."""
    shop = routed.shop
    made = [shop.account.make("charge", outcome="uncaptured", amount=9000) for _ in range(2)]
    shop.sync()
    routed.server.expect_request("/void").respond_with_data(
        "{}", 429, headers={"Retry-After": "60"}
    )
    waiting = shop.send(shop.order(ActionKind.VOID, shop.charge(made[0]["id"]).id))
    assert waiting.state == IntentState.READY
    beside = shop.send(shop.order(ActionKind.CAPTURE, shop.charge(made[1]["id"]).id))
    assert beside.state == IntentState.SUCCEEDED
    again = shop.send(waiting)
    assert again.state == IntentState.READY
    assert len(routed.calls()) == 1


def test_a_pause_uses_no_look_up_up(routed: Routed) -> None:
    """M7, M8: the look-ups after 1, 5, 15 and 60 minutes are still to come."""
    shop = routed.shop
    made = shop.account.make("charge", outcome="uncaptured", amount=9000)
    shop.sync()
    routed.answers("void", lambda _: {}, status=500)
    intent = shop.send(shop.order(ActionKind.VOID, shop.charge(made["id"]).id))
    before = intent.look_ups
    shop.account.fault("rate_limited", method="GET", path_regex="", times=1, delay_s=30)
    paused = shop.find_out(intent)
    assert (paused.state, paused.look_ups) == (IntentState.UNKNOWN, before)
    assert paused.next_look_up_at is not None
    wait = paused.next_look_up_at - clock.now()
    assert timedelta(seconds=20) < wait < timedelta(seconds=40)
