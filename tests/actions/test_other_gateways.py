"""What the other gateways offer besides refunds, through the engine: once, unknown if unclear."""

import json
import time
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from chargedesk.actions.models import ActionIntent, IntentState
from chargedesk.actions.settlement import store
from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.kit.money import Money
from chargedesk.tenants.credentials import gateway_credentials
from chargedesk.tenants.services import rotate_credentials
from chargedesk.tenants.services.members import member_actor
from gateways import registry
from gateways.capabilities import ActionKind
from gateways.paypal.client import call as paypal_call
from gateways.recurly.documents import parsed
from gateways.recurly.mapping import Seen
from gateways.recurly.mapping.payments import charge
from gateways.snapshots import ChargeSnapshot, ObjectKind
from tests.actions.elsewhere import Branch, open_branch, orders_elsewhere
from tests.conftest import Running
from tests.contracts.harness import Fault
from tests.services.accounts import new_user

pytestmark = pytest.mark.usefixtures("committed_db", "no_helping_worker")
HAPPENED = (IntentState.SUCCEEDED, IntentState.PENDING)


@pytest.fixture
def branch(sandbox: Running, gateway: str) -> Branch:
    """A tenant of its own at that gateway."""
    return open_branch(sandbox.url, gateway)


@pytest.mark.parametrize(("gateway", "action"), orders_elsewhere())
def test_it_is_done_once(branch: Branch, action: ActionKind) -> None:
    """M1: from the ledger's own rows to the gateway's own effect, and no second one."""
    order = branch.wish(action)
    placed = branch.place(order)
    before = len(branch.effects())
    intent = branch.shop.send(placed)
    assert intent.state in HAPPENED, (intent.failure_message, intent.evidence)
    done = len(branch.effects())
    assert done > before
    branch.shop.send(intent)
    assert len(branch.effects()) == done


@pytest.mark.parametrize(("gateway", "action"), orders_elsewhere())
def test_a_lost_answer_is_unknown_and_then_found(branch: Branch, action: ActionKind) -> None:
    """M4, M7: never shown as failed, never done twice."""
    order = branch.wish(action)
    placed = branch.place(order)
    before = len(branch.effects())
    branch.hands.arm(Fault.ANSWER_LOST_AFTER_EFFECT, action)
    unknown = branch.shop.send(placed)
    assert unknown.state == IntentState.UNKNOWN
    done = len(branch.effects())
    assert done > before
    intent = branch.shop.find_out(unknown)
    assert intent.state in HAPPENED, intent.evidence
    assert len(branch.effects()) == done


@pytest.mark.parametrize("gateway", ["braintree"])
@pytest.mark.parametrize(
    "action", [ActionKind.CHARGE, ActionKind.AUTHORIZE, ActionKind.CREATE_SUBSCRIPTION]
)
def test_the_merchant_account_is_frozen_before_the_first_try(
    branch: Branch, action: ActionKind
) -> None:
    """M1: the shop makes another account its default one; the second try names the first's."""
    merchant = branch.hands.merchant
    placed = branch.place(branch.wish(action))
    branch.hands.arm(Fault.RATE_LIMITED, action)
    waiting = branch.shop.send(placed)
    assert waiting.state == IntentState.READY
    more = [{"id": "another", "currency_iso_code": "EUR", "default": True}]
    branch.hands.control("settings", **{f"braintree.more_accounts.{merchant}": json.dumps(more)})
    time.sleep(3)
    intent = branch.shop.send(waiting)
    assert intent.state in HAPPENED
    (body,) = intent.steps[0]["body"].values()
    assert body["merchant_account_id"] == f"{merchant}_EUR"
    assert intent.steps == waiting.steps
    asked = [call for call in branch.shop.account.calls() if "merchant_accounts" in call["path"]]
    assert len(asked) == 1


@pytest.mark.parametrize("gateway", ["recurly"])
def test_the_codes_are_frozen_before_the_first_try(branch: Branch) -> None:
    """M1: the plan gets another code; the second try says what the first one said."""
    order = branch.wish(ActionKind.CREATE_SUBSCRIPTION)
    placed = branch.place(order)
    branch.hands.arm(Fault.ANSWER_LOST_BEFORE_EFFECT, order.action)
    unknown = branch.shop.send(placed)
    assert unknown.state == IntentState.UNKNOWN
    plan_id = str(order.details["price"]).partition(":")[0]
    branch.hands.act(plan_id, "rename", code=f"renamed-{uuid4()}")
    intent = branch.shop.find_out(unknown)
    assert intent.state in HAPPENED, intent.evidence
    calls = branch.shop.account.calls()
    posted = [each for each in calls if each["idempotency_key"] and each["method"] == "POST"]
    assert len(posted) == 2
    assert len({each["body_sha256"] for each in posted}) == 1
    assert intent.steps == unknown.steps


@pytest.mark.parametrize("gateway", ["braintree"])
def test_a_currency_nobody_takes_ends_before_a_try(branch: Branch) -> None:
    """M1, M3: nothing is written down as tried, so a worker that dies here has sent nothing."""
    wish = branch.wish(ActionKind.CHARGE)
    intent = branch.shop.send(branch.place(replace(wish, money=Money.of(2500, "PLN"))))
    assert (intent.state, intent.first_try_at) == (IntentState.FAILED, None)
    assert "No merchant account" in intent.failure_message


@pytest.mark.parametrize("gateway", ["recurly"])
def test_a_declined_try_of_an_invoice_that_waits_is_no_failed_charge(branch: Branch) -> None:
    """M16: Recurly may try the card again; what was given up has failed, and only that."""
    order = branch.wish(ActionKind.CHARGE)
    placed = branch.place(order)
    branch.hands.arm(Fault.ANSWER_LOST_AFTER_EFFECT, ActionKind.CHARGE)
    unknown = branch.shop.send(placed)
    (bill,) = branch.hands.get(f"/accounts/{order.target_id}/invoices")["data"]
    (row,) = bill["transactions"]
    for state, expected in (
        ("past_due", IntentState.UNKNOWN),
        ("failed", IntentState.FAILED),
    ):
        declined = {**row, "status": "declined"}
        shown = parsed(json.dumps({**bill, "state": state, "transactions": [declined]}))
        seen = Seen(as_of=clock.now(), raw=json.dumps(declined).encode(), bill=shown)
        with scoping.tenant(branch.shop.tenant.id, durable=True):
            store(branch.shop.connection, [charge(shown["transactions"][0], seen)])
        assert branch.shop.intent(unknown.id).state == expected


@pytest.mark.parametrize("gateway", ["recurly"])
def test_a_mark_that_news_no_longer_carries_ends_nothing(branch: Branch) -> None:
    """M16: the ledger remembers whose charge it is; a declined try says nothing of the order."""
    first, second = branch.wish(ActionKind.CHARGE), branch.wish(ActionKind.CHARGE)
    unknown = []
    for order in (first, second):
        placed = branch.place(order)
        branch.hands.arm(Fault.ANSWER_LOST_AFTER_EFFECT, ActionKind.CHARGE)
        unknown.append(branch.shop.send(placed))
    bills = [
        next(
            bill
            for bill in branch.hands.get(f"/accounts/{order.target_id}/invoices")["data"]
            if str(intent.id) in json.dumps(bill)
        )
        for order, intent in zip((first, second), unknown, strict=True)
    ]

    def told(at: int, state: str, status: str) -> ChargeSnapshot:
        (row,) = bills[at]["transactions"]
        shown = {**row, "status": status}
        bill = parsed(json.dumps({**bills[at], "state": state, "transactions": [shown]}))
        seen = Seen(as_of=clock.now(), raw=json.dumps(shown).encode(), bill=bill)
        return charge(bill["transactions"][0], seen)

    with scoping.tenant(branch.shop.tenant.id, durable=True):
        store(branch.shop.connection, [told(0, "processing", "processing")])
    with scoping.tenant(branch.shop.tenant.id, durable=True):
        news = [told(0, "past_due", "declined"), told(1, "paid", "success")]
        store(branch.shop.connection, news)
    states = [branch.shop.intent(each.id).state for each in unknown]
    assert states == [IntentState.PENDING, IntentState.SUCCEEDED]


@pytest.mark.parametrize("gateway", ["recurly"])
@pytest.mark.parametrize("is_answered", [True, False])
def test_a_charge_given_back_before_it_settled_was_made_all_the_same(
    branch: Branch, *, is_answered: bool
) -> None:
    """M4, M16: Recurly voids it for the refund; the order neither failed nor was it reversed."""
    placed = branch.place(branch.wish(ActionKind.CHARGE))
    if not is_answered:
        branch.hands.arm(Fault.ANSWER_LOST_AFTER_EFFECT, ActionKind.CHARGE)
    sent = branch.shop.send(placed)
    charge_id = _charge_of(branch, sent)
    time.sleep(1.1)
    branch.hands.act(charge_id, "unsettle")
    branch.hands.act(charge_id, "dashboard_refund")
    _read_charge(branch, charge_id)
    assert branch.shop.intent(sent.id).state == IntentState.SUCCEEDED
    assert branch.shop.charge(charge_id).refunded_minor == sent.amount_minor


@pytest.mark.parametrize("gateway", ["recurly"])
@pytest.mark.parametrize(
    ("bill", "told", "looked_up"),
    [
        ("failed", IntentState.FAILED, IntentState.FAILED),
        ("past_due", IntentState.UNKNOWN, IntentState.PENDING),
    ],
)
@pytest.mark.parametrize("by_news", [True, False])
def test_a_charge_voided_without_a_refund_took_nothing(
    branch: Branch, bill: str, told: IntentState, looked_up: IntentState, *, by_news: bool
) -> None:
    """M16: news and look-up say the same, and neither ends what Recurly may still collect."""
    placed = branch.place(branch.wish(ActionKind.CHARGE))
    branch.hands.arm(Fault.ANSWER_LOST_AFTER_EFFECT, ActionKind.CHARGE)
    unknown = branch.shop.send(placed)
    charge_id = _charge_of(branch, unknown)
    branch.hands.act(charge_id, "void", state=bill)
    if by_news:
        _read_charge(branch, charge_id)
        assert branch.shop.intent(unknown.id).state == told
    else:
        hours_ago = clock.now() - timedelta(hours=20)
        branch.shop.change(unknown, first_try_at=hours_ago)
        assert branch.shop.find_out(unknown).state == looked_up


@pytest.mark.parametrize("gateway", ["paypal"])
@pytest.mark.parametrize("action", [ActionKind.PAUSE_SUBSCRIPTION, ActionKind.RESUME_SUBSCRIPTION])
@pytest.mark.parametrize("is_turned_back", [True, False])
def test_what_somebody_turned_back_before_we_looked_is_no_empty_look_up(
    branch: Branch, action: ActionKind, *, is_turned_back: bool
) -> None:
    """M7: PayPal keeps the last reason only, but it says when the status changed last."""
    order = branch.wish(action)
    lost = Fault.ANSWER_LOST_AFTER_EFFECT if is_turned_back else Fault.ANSWER_LOST_BEFORE_EFFECT
    placed = branch.place(order)
    time.sleep(1.1)
    branch.hands.arm(lost, action)
    unknown = branch.shop.send(placed)
    if is_turned_back:
        back = "activate" if action is ActionKind.PAUSE_SUBSCRIPTION else "suspend"
        path = f"/v1/billing/subscriptions/{order.target_id}/{back}"
        keys = branch.hands.credentials()
        paypal_call(keys, "POST", path, body={"reason": "theirs"}, deadline=time.monotonic() + 10)
    branch.shop.find_out(unknown)
    branch.shop.change(unknown, first_empty_look_up_at=clock.now() - timedelta(minutes=11))
    intent = branch.shop.find_out(unknown)
    if is_turned_back:
        assert intent.state == IntentState.UNKNOWN
        assert "changed" in intent.evidence["seen"]
    else:
        assert (intent.state, intent.failure_code) == (IntentState.FAILED, "not_executed")


@pytest.mark.parametrize("gateway", ["woocommerce"])
def test_a_request_in_the_trash_was_made(branch: Branch) -> None:
    """M7: lists leave it out, so it is looked for there as well."""
    placed = branch.place(branch.wish(ActionKind.REQUEST_PAYMENT))
    branch.hands.arm(Fault.ANSWER_LOST_AFTER_EFFECT, ActionKind.REQUEST_PAYMENT)
    unknown = branch.shop.send(placed)
    (made,) = [
        call["ids"][0] for call in branch.shop.account.calls() if call["effect"] == "order.created"
    ]
    branch.hands.act(made, "trash")
    assert branch.shop.find_out(unknown).state == IntentState.SUCCEEDED


@pytest.mark.parametrize("gateway", ["woocommerce"])
def test_a_request_that_is_not_found_may_have_been_made(branch: Branch) -> None:
    """M7, M8: it may be deleted, without its mark, or too far back in the list."""
    placed = branch.place(branch.wish(ActionKind.REQUEST_PAYMENT))
    branch.hands.arm(Fault.ANSWER_LOST_BEFORE_EFFECT, ActionKind.REQUEST_PAYMENT)
    unknown = branch.shop.send(placed)
    branch.shop.find_out(unknown)
    branch.shop.change(unknown, first_empty_look_up_at=clock.now() - timedelta(minutes=11))
    assert branch.shop.find_out(unknown).state == IntentState.UNKNOWN


@pytest.mark.parametrize("gateway", ["woocommerce"])
def test_an_amount_the_shop_would_round_ends_before_a_try(branch: Branch) -> None:
    """M3, M13: by how the shop writes what it has; a worker that dies here has sent nothing."""
    wish = branch.wish(ActionKind.REQUEST_PAYMENT)
    branch.hands.make_charges(1)
    intent = branch.place(replace(wish, money=Money.of(12345, "KWD")))
    ended = branch.shop.send(intent)
    assert (ended.state, ended.first_try_at) == (IntentState.FAILED, None)
    assert "would round" in ended.failure_message


@pytest.mark.parametrize("gateway", ["recurly"])
@pytest.mark.parametrize("action", [ActionKind.REFUND, ActionKind.CHARGE])
def test_a_key_dies_with_the_credentials_it_was_sent_with(
    branch: Branch, action: ActionKind
) -> None:
    """M2, M7: Recurly knows an idempotency key by the API key beside it: repeating moves twice."""
    if action is ActionKind.REFUND:
        made = branch.hands.make("charge", amount=9000)
        _read_charge(branch, made["id"])
        placed = branch.shop.place(branch.shop.charge(made["id"]), 2500)
    else:
        placed = branch.place(branch.wish(action))
    branch.hands.arm(Fault.ANSWER_LOST_AFTER_EFFECT, action)
    unknown = branch.shop.send(placed)
    assert unknown.state == IntentState.UNKNOWN
    done = len(branch.effects())
    other = uuid4().hex
    branch.hands.control("accounts", key=other)
    rotate_credentials(
        branch.shop.tenant.id,
        branch.shop.connection.id,
        values={**branch.hands.credentials().values, "api_key": other},
        actor=member_actor(new_user()),
    )
    assert branch.shop.find_out(unknown).state in HAPPENED
    assert len(branch.effects()) == done


def _charge_of(branch: Branch, intent: ActionIntent) -> str:
    (bill,) = branch.hands.get(f"/accounts/{intent.target_id}/invoices")["data"]
    return str(bill["transactions"][0]["id"])


def _read_charge(branch: Branch, charge_id: str) -> None:
    adapter = registry.adapter("recurly")
    keys = gateway_credentials(branch.shop.connection)
    with scoping.tenant(branch.shop.tenant.id, durable=True):
        store(branch.shop.connection, adapter.read(keys, ObjectKind.CHARGE, charge_id))


def test_every_gateway_says_how_each_of_them_is_settled() -> None:
    """M7: by a key that lives, or by looking; never by a person only."""
    for gateway, action in orders_elsewhere():
        proof = registry.adapter(gateway).capabilities.proof(action)
        assert proof is not None
        assert proof.looks_up or proof.key_life, (gateway, action)
