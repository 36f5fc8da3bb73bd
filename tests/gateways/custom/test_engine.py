"""Orders to a tenant's own system through the whole engine, over sockets."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from audit.services import SYSTEM
from audit.verbs import Verb
from chargedesk.actions.errors import ActionDeniedError
from chargedesk.actions.intents import locked_intent, record_turn
from chargedesk.actions.models import ActionIntent, IntentState
from chargedesk.actions.settlement import store
from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.kit.ids import new_id
from chargedesk.kit.money import Money
from chargedesk.ledger.models import Charge, GatewayCustomer, Subscription
from chargedesk.tenants.credentials import gateway_credentials
from chargedesk.tenants.models import Connection
from chargedesk.tenants.services import set_functions
from chargedesk.tenants.services.members import member_actor
from gateways import registry
from gateways.capabilities import ActionKind
from gateways.functions import LOOK_UP
from gateways.snapshots import ObjectKind
from tests.contracts.harness import Fault
from tests.gateways.custom.company import Company, intent_key, is_unknown
from tests.gateways.custom.conftest import Open
from tests.services.accounts import new_user


@pytest.mark.parametrize("answers", ["object", "plain"])
def test_a_refund_leaves_and_is_stored_at_once(opened: Open, answers: str) -> None:
    """With the charge in the answer, or with a plain yes."""
    company = opened(answers=answers)
    charge = company.charge(amount=9000)
    intent = company.refund(charge, 2500)
    assert intent.state == IntentState.SUCCEEDED
    assert company.system.effects() == ["refund.created"]
    assert [each.intent_id for each in company.refunds(charge)] == [intent.id]
    root = company.root(charge)
    assert (root.refunds_minor, root.provider_refunded_minor, root.held_minor) == (2500, 2500, 0)
    after = company.shop.charge(charge.external_id)
    assert (after.status, after.refunded_minor) == ("partially_refunded", 2500)


@pytest.mark.parametrize("answers", ["object", "plain"])
def test_refund_after_refund_adds_up(opened: Open, answers: str) -> None:
    """M11: what was refunded there before, in a sum we know only, counts besides ours."""
    company = opened("refund", answers=answers)
    charge = company.charge(amount=9000)
    company.tell(
        {"transaction_id": charge.external_id, "amount": "90.00", "currency": "EUR"}
        | {"customer_id": "cus-1", "amount_refunded": "10.00"}
    )
    company.refund(charge, 1500)
    company.refund(charge, 2000)
    root = company.root(charge)
    if answers == "plain":
        assert (root.refunds_minor, root.provider_refunded_minor) == (4500, 4500)
    # The system itself knows nothing of the 10.00: its own word counts where it gives one.
    else:
        assert (root.refunds_minor, root.provider_refunded_minor) == (3500, 3500)


def test_the_new_total_may_be_told_before_the_answer(opened: Open) -> None:
    """The answer adds nothing to a total that was told with the refund in it."""
    company = opened(answers="plain")
    charge = company.charge(amount=9000)
    intent = company.refund(charge, 2500)
    company.tell(
        {"transaction_id": charge.external_id, "amount": "90.00", "currency": "EUR"}
        | {"customer_id": "cus-1", "amount_refunded": "25.00"}
    )
    assert [each.intent_id for each in company.refunds(charge)] == [intent.id]
    assert company.root(charge).provider_refunded_minor == 2500


def test_a_refusal_is_final_and_in_the_system_s_own_words(company: Company) -> None:
    charge = company.charge(amount=9000)
    company.system.act(charge.external_id, "dashboard_refund", amount=8000)
    intent = company.refund(charge, 2500)
    # The look-up before money showed it first (M18).
    assert intent.state == IntentState.FAILED
    assert company.system.effects() == []


def test_a_refusal_without_a_look_up_is_shown_to_the_agent(opened: Open) -> None:
    company = opened("refund")
    charge = company.charge(amount=9000)
    company.system.act(charge.external_id, "dashboard_refund", amount=8000)
    intent = company.refund(charge, 2500)
    assert (intent.state, intent.failure_code) == (IntentState.FAILED, "declined")
    assert intent.failure_message == "That is more than is left of this charge."
    assert company.root(charge).held_minor == 0


@pytest.mark.parametrize(
    "fault", [Fault.ANSWER_LOST_AFTER_EFFECT, Fault.ERROR_500, Fault.EMPTY_200]
)
def test_no_answer_is_never_repeated(opened: Open, fault: Fault) -> None:
    """M4, M7: nobody vouches for the system's keys, so it is looked for, and nothing else."""
    company = opened("refund")
    charge = company.charge(amount=9000)
    company.system.arm(fault, ActionKind.REFUND)
    intent = company.refund(charge, 2500)
    assert is_unknown(intent)
    for _ in range(3):
        assert is_unknown(company.shop.find_out(intent))
    assert company.system.effects().count("refund.created") <= 1
    assert company.root(charge).held_minor == 2500


def test_an_unanswered_refund_is_settled_by_a_look_up(company: Company) -> None:
    """M7: its key is on the refund."""
    charge = company.charge(amount=9000)
    company.system.arm(Fault.ANSWER_LOST_AFTER_EFFECT, ActionKind.REFUND)
    intent = company.refund(charge, 2500)
    assert is_unknown(intent)
    assert company.shop.find_out(intent).state == IntentState.SUCCEEDED
    assert company.system.effects() == ["refund.created"]
    assert company.root(charge).held_minor == 0


def test_an_unanswered_refund_is_settled_by_what_is_told_later(opened: Open) -> None:
    """The record shows the refund with the key of our call."""
    company = opened("refund")
    charge = company.charge(amount=9000)
    company.system.arm(Fault.ANSWER_LOST_AFTER_EFFECT, ActionKind.REFUND)
    intent = company.refund(charge, 2500)
    told = {"refunds": [{"refund_id": "back-9", "amount": "25.00"}], "amount_refunded": "25.00"}
    told["refunds"][0]["idempotency_key"] = intent_key(intent.id)  # type: ignore[index]
    answer = company.api.post_json(f"/charges/{charge.external_id}", told)
    assert answer.status_code == 200, answer.content
    settled = company.shop.intent(intent.id)
    assert (settled.state, settled.result_id) == (IntentState.SUCCEEDED, "back-9")
    root = company.root(charge)
    assert (root.refunds_minor, root.provider_refunded_minor, root.held_minor) == (2500, 2500, 0)


@pytest.mark.parametrize("is_own", [True, False])
def test_an_unanswered_charge_is_settled_by_its_record(opened: Open, is_own: bool) -> None:  # noqa: FBT001
    """M7: the record tells the key of our call; a key of nobody's order is refused."""
    company = opened("charge")
    made = company.system.make("customer")
    name = made["customer_id"]
    answer = company.api.post_json("/customers", {"duplicate": "update", **made})
    assert answer.status_code == 200, answer.content
    row = company.row(GatewayCustomer, name)
    company.system.arm(Fault.ANSWER_LOST_AFTER_EFFECT, ActionKind.CHARGE)
    wish = {"amount": Money.of(2000, "EUR"), "details": {"description": "A zip"}}
    intent = company.order(ActionKind.CHARGE, row, **wish)
    assert is_unknown(intent)
    assert is_unknown(company.shop.find_out(intent))
    key = f"{intent.id if is_own else new_id()}-charge"
    record = {"transaction_id": "inv-77", "amount": "20.00", "currency": "EUR", "status": "paid"}
    told = company.api.post_json(
        "/charges", {**record, "customer_id": name, "idempotency_key": key}
    )
    settled = company.shop.intent(intent.id)
    if is_own:
        assert told.status_code == 200, told.content
        assert (settled.state, settled.result_id) == (IntentState.SUCCEEDED, "inv-77")
    else:
        assert told.status_code == 404
        assert told.json()["error"]["incorrect_parameter"] == "idempotency_key"
        assert is_unknown(settled)
    assert company.system.effects() == ["charge.created"]


def test_a_key_of_another_connection_settles_nothing(opened: Open) -> None:
    """Whoever may tell records cannot settle orders that went elsewhere."""
    company, other = opened("refund"), opened("refund")
    charge = other.charge(amount=9000)
    other.system.arm(Fault.ANSWER_LOST_BEFORE_EFFECT, ActionKind.REFUND)
    intent = other.refund(charge, 2500)
    foreign = company.charge(amount=9000)
    refund = {"refund_id": "x", "amount": "25.00", "idempotency_key": intent_key(intent.id)}
    answer = company.api.post_json(f"/charges/{foreign.external_id}", {"refunds": [refund]})
    assert answer.status_code == 404
    assert answer.json()["error"]["incorrect_parameter"] == "refunds"
    assert is_unknown(other.shop.intent(intent.id))


def test_capture_and_void(company: Company) -> None:
    captured = company.charge(amount=9000, outcome="authorized")
    assert company.root(captured).capturable_minor == 9000
    intent = company.order(ActionKind.CAPTURE, captured)
    assert intent.state == IntentState.SUCCEEDED
    assert company.root(captured).captured_minor == 9000
    voided = company.charge(amount=9000, outcome="authorized")
    assert company.order(ActionKind.VOID, voided).state == IntentState.SUCCEEDED
    assert company.shop.charge(voided.external_id).status == "canceled"
    assert company.root(voided).capturable_minor == 0


@pytest.mark.parametrize("at_period_end", [True, False])
def test_a_subscription_ends(company: Company, *, at_period_end: bool) -> None:
    row = company.subscription()
    intent = company.order(ActionKind.CANCEL_SUBSCRIPTION, row, at_period_end=at_period_end)
    assert intent.state == IntentState.SUCCEEDED
    after = company.row(Subscription, row.external_id)
    assert after.cancels_at_period_end is at_period_end
    assert (after.status == "canceled") is not at_period_end


def test_an_unanswered_void_is_settled_by_the_state_that_is_told(opened: Open) -> None:
    """M6: state and amount equal the order."""
    company = opened("void")
    charge = company.charge(amount=9000, outcome="authorized")
    company.system.arm(Fault.ANSWER_LOST_AFTER_EFFECT, ActionKind.VOID)
    intent = company.order(ActionKind.VOID, charge)
    assert is_unknown(intent)
    assert is_unknown(company.shop.find_out(intent))
    company.api.post_json(f"/charges/{charge.external_id}", {"status": "void"})
    assert company.shop.intent(intent.id).state == IntentState.SUCCEEDED


def test_a_function_exists_only_if_its_address_does(opened: Open) -> None:
    company = opened("refund", LOOK_UP)
    charge = company.charge(amount=9000, outcome="authorized")
    with pytest.raises(ActionDeniedError) as caught:
        company.shop.order(ActionKind.CAPTURE, charge.id)
    assert caught.value.reason == "unsupported"
    shown = company.api.get(f"/charges/{charge.external_id}").json()
    assert shown["methods_supported"] == ["refund"]


def test_the_audit_log_says_where_an_order_went(company: Company) -> None:
    charge = company.charge(amount=9000)
    intent = company.refund(charge, 2500)
    routes = {each["route"] for each in company.audited(intent)}
    assert routes == {company.system.urls["refund"]}


def test_the_call_says_all_that_is_needed(company: Company) -> None:
    """Reference, section 9: reason, agent, key, amount, and the charge as `/v1` writes it."""
    charge: Charge = company.charge(amount=9000)
    intent = company.shop.place(charge, 2500, note="Arrived broken")
    body = intent.steps[0]["body"]
    assert body["action"] == "refund"
    assert body["action_reason"] == "Arrived broken"
    assert body["agent"] == "tests"
    assert body["idempotency_key"] == intent_key(intent.id)
    assert body["refund_amount"] == "25.00"
    assert body["charge"]["transaction_id"] == charge.external_id
    assert body["charge"]["amount"] == "90.00"


def test_a_webhook_is_as_good_as_a_record(company: Company) -> None:
    """Signed news of the same fields enters by the inbox."""
    from chargedesk.base import scoping  # noqa: PLC0415
    from chargedesk.sync.services.recording import record_batch  # noqa: PLC0415
    from gateways import registry  # noqa: PLC0415

    body = company.system.event_body()
    event = registry.adapter("custom").parse_stored(body)[0]
    assert event.snapshot is not None
    with scoping.tenant(company.shop.tenant.id):
        record_batch(company.connection, [event.snapshot])
    assert company.shop.charge(event.object_id).amount_minor == 9000


@pytest.mark.parametrize(
    ("what", "state"),
    [("settle", IntentState.SUCCEEDED), ("fail_refund", IntentState.FAILED)],
)
def test_a_pending_refund_is_followed_by_looking_its_charge_up(
    opened: Open, what: str, state: IntentState
) -> None:
    """M16: until it ends, by the charge that tells of it."""
    company = opened(refunds="pending")
    charge = company.charge(amount=9000)
    intent = company.refund(charge, 2500)
    assert intent.state == IntentState.PENDING
    assert company.shop.find_out(intent).state == IntentState.PENDING
    company.system.act(charge.external_id, what)
    assert company.shop.find_out(intent).state == state
    assert len(company.refunds(charge)) == 1 if state == IntentState.SUCCEEDED else True


def test_a_pending_refund_nobody_can_be_asked_about_waits_for_news(opened: Open) -> None:
    """M16: without a look-up address only what is told ends it."""
    company = opened("refund", refunds="pending")
    charge = company.charge(amount=9000)
    intent = company.refund(charge, 2500)
    company.system.act(charge.external_id, "settle")
    assert company.shop.find_out(intent).state == IntentState.PENDING
    refund = {"refund_id": intent.result_id, "amount": "25.00", "status": "succeeded"}
    told = {"refunds": [{**refund, "idempotency_key": intent_key(intent.id)}]}
    answer = company.api.post_json(f"/charges/{charge.external_id}", told)
    assert answer.status_code == 200, answer.content
    assert company.shop.intent(intent.id).state == IntentState.SUCCEEDED


def test_news_of_two_records_locks_all_of_them_before_the_audit_log(opened: Open) -> None:
    """M17: whoever holds one of the orders and waits for the log is not waited for in a circle."""
    company = opened("cancel_subscription", LOOK_UP)
    rows = [company.subscription() for _ in range(2)]
    for _ in rows:
        company.system.arm(Fault.ANSWER_LOST_AFTER_EFFECT, ActionKind.CANCEL_SUBSCRIPTION)
    orders = [company.order(ActionKind.CANCEL_SUBSCRIPTION, row) for row in rows]
    assert [each.state for each in orders] == [IntentState.UNKNOWN] * 2
    last = max(orders, key=lambda each: each.pk)
    adapter = registry.adapter("custom")
    credentials = gateway_credentials(company.connection)
    pictures = [
        each
        for row in rows
        for each in adapter.read(credentials, ObjectKind.SUBSCRIPTION, row.external_id)
    ]

    def tell() -> None:
        try:
            with scoping.tenant(company.shop.tenant.id, durable=True):
                store(company.connection, pictures)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with scoping.tenant(company.shop.tenant.id, durable=True):
            held = locked_intent(last.id)
            telling = pool.submit(tell)
            time.sleep(1)
            record_turn(held, Verb.ACTION_UNKNOWN, actor=SYSTEM)
        telling.result(timeout=60)
    assert [company.shop.intent(each.id).state for each in orders] == [IntentState.SUCCEEDED] * 2


def test_news_by_key_and_by_state_locks_all_orders_before_the_audit_log(opened: Open) -> None:
    """M17: one message may settle a refund by its key and end a subscription by its state."""
    company = opened("refund", "cancel_subscription", LOOK_UP)
    charge, row = company.charge(), company.subscription()
    for action in (ActionKind.REFUND, ActionKind.CANCEL_SUBSCRIPTION):
        company.system.arm(Fault.ANSWER_LOST_AFTER_EFFECT, action)
    orders = [company.refund(charge), company.order(ActionKind.CANCEL_SUBSCRIPTION, row)]
    assert [each.state for each in orders] == [IntentState.UNKNOWN] * 2
    adapter, credentials = registry.adapter("custom"), gateway_credentials(company.connection)
    pictures = [
        *adapter.read(credentials, ObjectKind.CHARGE, charge.external_id),
        *adapter.read(credentials, ObjectKind.SUBSCRIPTION, row.external_id),
    ]

    def tell() -> None:
        try:
            with scoping.tenant(company.shop.tenant.id, durable=True):
                store(company.connection, pictures)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with scoping.tenant(company.shop.tenant.id, durable=True):
            held = locked_intent(orders[1].id)
            telling = pool.submit(tell)
            time.sleep(1)
            record_turn(held, Verb.ACTION_UNKNOWN, actor=SYSTEM)
        telling.result(timeout=60)
    assert [company.shop.intent(each.id).state for each in orders] == [IntentState.SUCCEEDED] * 2


@pytest.mark.parametrize("is_as_ordered", [True, False])
def test_an_unanswered_subscription_is_settled_by_its_record(
    opened: Open, *, is_as_ordered: bool
) -> None:
    """M7: the record tells the key of our call; of another customer it proves nothing."""
    company = opened("create_subscription")
    row, intent = _begun_without_answer(company)
    owner = row.external_id if is_as_ordered else "somebody-else"
    record = {"subscription_id": "sub-77", "customer_id": owner, "product_id": "gold"}
    record |= {"amount": "19.00", "currency": "EUR", "interval": "month"}
    record["idempotency_key"] = f"{intent.id}-create_subscription"
    told = company.api.post_json("/subscriptions", {**record, "status": "active"})
    assert told.status_code == 200, told.content
    settled = company.shop.intent(intent.id)
    if is_as_ordered:
        assert (settled.state, settled.result_id) == (IntentState.SUCCEEDED, "sub-77")
    else:
        assert is_unknown(settled)
    assert company.system.effects() == ["subscription.created"]


def test_a_subscription_s_record_of_another_company_settles_nothing(opened: Open) -> None:
    """Whoever may tell records cannot settle orders that went elsewhere."""
    company, other = opened("create_subscription"), opened("create_subscription")
    row, intent = _begun_without_answer(company)
    record = {"subscription_id": "sub-78", "customer_id": row.external_id, "product_id": "gold"}
    record["idempotency_key"] = f"{intent.id}-create_subscription"
    assert other.api.post_json("/subscriptions", record).status_code == 404
    assert is_unknown(company.shop.intent(intent.id))


def _begun_without_answer(company: Company) -> tuple[Any, ActionIntent]:
    made = company.system.make("customer")
    for path, record in (
        ("/customers", made),
        (
            "/products",
            {"product_id": "gold", "amount": "19.00", "currency": "EUR", "interval": "month"},
        ),
    ):
        answer = company.api.post_json(path, {"duplicate": "update", **record})
        assert answer.status_code == 200, answer.content
    row = company.row(GatewayCustomer, made["customer_id"])
    company.system.arm(Fault.ANSWER_LOST_AFTER_EFFECT, ActionKind.CREATE_SUBSCRIPTION)
    intent = company.order(ActionKind.CREATE_SUBSCRIPTION, row, details={"price": "gold"})
    assert is_unknown(intent)
    assert is_unknown(company.shop.find_out(intent))
    return row, intent


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({}, IntentState.UNKNOWN),
        ({"status": "authorized"}, IntentState.UNKNOWN),
        ({"status": "paid", "amount_captured": "90.00"}, IntentState.SUCCEEDED),
        ({"done": True}, IntentState.SUCCEEDED),
        ({"done": True, "status": "authorized"}, IntentState.UNKNOWN),
        ({"done": True, "status": "void"}, IntentState.UNKNOWN),
    ],
    ids=["untold", "held", "taken", "word", "word and held", "word and void"],
)
def test_what_a_look_up_tells_of_a_capture(
    opened: Open, httpserver: HTTPServer, record: dict[str, Any], expected: IntentState
) -> None:
    """M4, M6: a status that is not told is none, and its word does not overrule its own record."""
    company = opened("capture", LOOK_UP)
    charge = company.charge(amount=9000, outcome="authorized")
    done = record.pop("done", None)
    shown = {"transaction_id": charge.external_id, "amount": "90.00", "currency": "EUR", **record}
    company.system.arm(Fault.ANSWER_LOST_BEFORE_EFFECT, ActionKind.CAPTURE)
    intent = company.order(ActionKind.CAPTURE, charge)
    httpserver.expect_request("/look_up").respond_with_json({"charge": shown, "done": done})
    _look_elsewhere(company, httpserver)
    found = company.shop.find_out(intent)
    assert found.state == expected
    if done and expected == IntentState.UNKNOWN:
        assert charge.external_id in found.evidence["seen"]


def test_a_charge_shown_without_a_status_is_not_taken_for_paid(
    opened: Open, httpserver: HTTPServer
) -> None:
    """M4: it has our key, but it may as well have failed."""
    company = opened("charge", LOOK_UP)
    made = company.system.make("customer")
    company.api.post_json("/customers", {"duplicate": "update", **made})
    row = company.row(GatewayCustomer, made["customer_id"])
    company.system.arm(Fault.ANSWER_LOST_BEFORE_EFFECT, ActionKind.CHARGE)
    wish = {"amount": Money.of(2000, "EUR"), "details": {"description": "A zip"}}
    intent = company.order(ActionKind.CHARGE, row, **wish)
    record = {"transaction_id": "inv-9", "amount": "20.00", "currency": "EUR"}
    record |= {"customer_id": row.external_id, "idempotency_key": f"{intent.id}-charge"}
    answer = {"customer": {"customer_id": row.external_id}, "charge": record}
    httpserver.expect_request("/look_up").respond_with_json(answer)
    _look_elsewhere(company, httpserver)
    assert is_unknown(company.shop.find_out(intent))
    httpserver.clear()
    answer["charge"] = {**record, "status": "failed"}
    httpserver.expect_request("/look_up").respond_with_json(answer)
    assert company.shop.find_out(intent).state == IntentState.FAILED


def test_an_older_charge_that_changed_meanwhile_is_no_new_one(
    opened: Open, httpserver: HTTPServer
) -> None:
    """M7: a naive system names yesterday's charge, and told of it while it was asked."""
    company = opened("charge")
    made = company.system.make("customer")
    company.api.post_json("/customers", {"duplicate": "update", **made})
    row = company.row(GatewayCustomer, made["customer_id"])
    yesterday = int(clock.now().timestamp()) - 86_400
    old = {"transaction_id": "inv-1", "amount": "20.00", "currency": "EUR", "status": "paid"}
    old |= {"customer_id": row.external_id}
    company.tell({**old, "occurred": yesterday})

    def answer(_request: Request) -> Response:
        try:
            company.tell({**old, "description": "looked at"})
        finally:
            connections.close_all()
        return Response(json.dumps({"charge": {"transaction_id": "inv-1"}}))

    httpserver.expect_request("/charge").respond_with_handler(answer)
    with scoping.tenant(company.shop.tenant.id):
        urls = {"charge": httpserver.url_for("/charge")}
        set_functions(company.connection.id, urls=urls, actor=member_actor(new_user()))
    wish = {"amount": Money.of(2000, "EUR"), "details": {"description": "A zip"}}
    assert is_unknown(company.order(ActionKind.CHARGE, row, **wish))
    assert company.shop.charge("inv-1").intent_id is None


def _look_elsewhere(company: Company, httpserver: HTTPServer) -> None:
    """The look-up address is this program from now on; orders that are open ask it."""
    with scoping.tenant(company.shop.tenant.id):
        kept = Connection.objects.get(pk=company.connection.id).functions
        urls = {**kept, LOOK_UP: httpserver.url_for("/look_up")}
        set_functions(company.connection.id, urls=urls, actor=member_actor(new_user()))
