"""Money is taken from a card on file exactly once, whatever happens on the way (M1 to M16)."""

import threading
import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections

from audit.models import AuditEvent
from chargedesk.actions.errors import ActionDeniedError, KeyMisuseError, MoneyChangedError
from chargedesk.actions.models import ActionIntent, IntentState, SpentBudget, Try
from chargedesk.actions.recovery import tidy
from chargedesk.actions.selectors import preview
from chargedesk.actions.settlement import store
from chargedesk.base import scoping
from chargedesk.kit import clock, ids
from chargedesk.kit.money import Money
from chargedesk.ledger.models import Charge, GatewayCustomer
from chargedesk.tenants.credentials import gateway_credentials
from chargedesk.tenants.models import RoleLimit
from chargedesk.tenants.roles import Role
from gateways import registry
from gateways.capabilities import ActionKind
from gateways.contract import FrozenStep, Order
from gateways.snapshots import ObjectKind
from tests.actions.shop import Shop

INTENTS = {"path_regex": "/payment_intents$", "method": "POST", "times": 1}
TAKING = (ActionKind.CHARGE, ActionKind.AUTHORIZE)


@pytest.fixture
def customer(shop: Shop) -> GatewayCustomer:
    """A customer with a card on file."""
    return shop.customer(shop.account.customers[0])


def ordered(shop: Shop, customer: GatewayCustomer, minor: int = 2000, **wish: Any) -> ActionIntent:
    """Order a charge of the customer's card, sent by `send` only."""
    action = wish.pop("action", ActionKind.CHARGE)
    wish = {"details": {"description": "A new zip"}, **wish}
    amount = Money.of(minor, wish.pop("currency", "EUR"))
    return shop.order(action, customer.id, amount=amount, **wish)


def made(shop: Shop) -> list[dict[str, object]]:
    """The calls that took or held money."""
    return [call for call in shop.account.calls() if call["effect"] == "charge.created"]


def sent(shop: Shop) -> list[dict[str, object]]:
    """The calls of orders, with an effect or without."""
    return [
        call
        for call in shop.account.calls()
        if str(call["idempotency_key"]).endswith(("-charge", "-authorize"))
    ]


@pytest.mark.parametrize("action", TAKING)
def test_it_is_charged_once_and_linked(
    shop: Shop, customer: GatewayCustomer, action: ActionKind
) -> None:
    """M1, M11: the card is named, the new charge carries the order's marker."""
    intent = shop.send(ordered(shop, customer, action=action))

    assert intent.state == IntentState.SUCCEEDED
    assert intent.order["details"]["payment_method"]
    charge = shop.charge(intent.result_id)
    assert charge.intent_id == intent.id
    assert charge.gateway_customer_id == customer.id
    root = shop.root(charge.external_id)
    is_charge = action is ActionKind.CHARGE
    assert (root.captured_minor, root.capturable_minor) == ((2000, 0) if is_charge else (0, 2000))
    assert intent.result == Money.of(2000, "EUR")
    assert len(made(shop)) == 1


@pytest.mark.parametrize(
    ("kind", "happened"),
    [
        ("answer_lost_after_effect", True),
        ("answer_lost_before_effect", False),
        ("reset", False),
        ("half_body", True),
        ("empty_200", True),
        ("error_500", False),
    ],
)
def test_a_lost_answer_is_settled_with_one_charge(
    shop: Shop,
    customer: GatewayCustomer,
    kind: str,
    happened: bool,  # noqa: FBT001
) -> None:
    """M4, M5, M7: unknown, never failed; then the same key settles it."""
    shop.account.fault(kind, **INTENTS)
    intent = shop.send(ordered(shop, customer))
    assert intent.state == IntentState.UNKNOWN
    assert len(made(shop)) == int(happened)

    intent = shop.find_out(intent)

    assert intent.state == IntentState.SUCCEEDED
    assert len(made(shop)) == 1
    assert len({call["idempotency_key"] for call in sent(shop)}) == 1
    assert shop.root(intent.result_id).captured_minor == 2000


def test_an_effect_that_comes_late_is_one_charge(shop: Shop, customer: GatewayCustomer) -> None:
    """M4: the look-up sees nothing yet, the call is executed seconds later, once."""
    shop.account.fault("late_effect", delay_s=1, **INTENTS)
    intent = shop.send(ordered(shop, customer))
    assert intent.state == IntentState.UNKNOWN
    until = time.monotonic() + 60
    while intent.state != IntentState.SUCCEEDED and time.monotonic() < until:
        intent = shop.find_out(intent)
        time.sleep(0.1)
    assert intent.state == IntentState.SUCCEEDED
    assert len(made(shop)) == 1


def test_a_dead_key_is_never_sent_again(shop: Shop, customer: GatewayCustomer) -> None:
    """M7: at half the key's life the marker is looked for among the customer's payments."""
    shop.account.fault("answer_lost_after_effect", **INTENTS)
    intent = shop.send(ordered(shop, customer))
    shop.change(intent, first_try_at=clock.now() - timedelta(hours=13))

    intent = shop.find_out(intent)

    assert intent.state == IntentState.SUCCEEDED
    assert len(sent(shop)) == 1
    assert shop.charge(intent.result_id).intent_id == intent.id


def test_nothing_found_under_a_dead_key_ends_after_two_looks(
    shop: Shop, customer: GatewayCustomer, settings: Any
) -> None:
    """M7: two empty look-ups prove it; it is not sent again."""
    settings.ACTION_EMPTY_LOOK_UPS_APART_S = 0
    shop.account.fault("answer_lost_before_effect", **INTENTS)
    intent = shop.send(ordered(shop, customer))
    shop.change(intent, first_try_at=clock.now() - timedelta(hours=13))
    assert shop.find_out(intent).state == IntentState.UNKNOWN

    intent = shop.find_out(intent)

    assert (intent.state, intent.failure_code) == (IntentState.FAILED, "not_executed")
    assert len(sent(shop)) == 1


def test_an_equal_charge_without_the_mark_is_shown_and_settles_nothing(
    shop: Shop, customer: GatewayCustomer, settings: Any
) -> None:
    """M7: same customer, amount and time; it may be somebody else's, so a human looks at it."""
    settings.ACTION_EMPTY_LOOK_UPS_APART_S = 0
    shop.account.fault("answer_lost_before_effect", **INTENTS)
    intent = shop.send(ordered(shop, customer))
    equal = _by_somebody_else(shop, customer, 2000)
    other = _by_somebody_else(shop, customer, 2100)
    shop.change(intent, first_try_at=clock.now() - timedelta(hours=13))
    assert shop.find_out(intent).evidence["seen"] == ""

    # As old as the look-up thinks it is: the key is dead, and the charge of that very moment.
    with scoping.tenant(shop.tenant.id):
        tried = shop.intent(intent.id).first_try_at
        Charge.objects.filter(external_id=equal).update(occurred_at=tried)
        Charge.objects.filter(external_id=other).update(occurred_at=tried)
    for _look in range(2):
        intent = shop.find_out(intent)
        assert intent.state == IntentState.UNKNOWN
        assert equal in intent.evidence["seen"]
        assert "20.00" in intent.evidence["seen"]
        assert other not in intent.evidence["seen"]
    assert shop.charge(equal).intent_id is None


def test_an_equal_charge_is_shown_while_the_key_lives(
    shop: Shop, customer: GatewayCustomer
) -> None:
    """M7, M8: a key that answers 5xx for hours keeps nobody from seeing what is there."""
    shop.account.fault("stored_500", effect="none", **INTENTS)
    intent = shop.send(ordered(shop, customer))
    equal = _by_somebody_else(shop, customer, 2000)

    intent = shop.find_out(intent)

    assert intent.state == IntentState.UNKNOWN
    assert equal in intent.evidence["seen"]
    assert intent.look_ups == 1


def test_a_charge_of_another_order_is_not_like_this_one(
    shop: Shop, customer: GatewayCustomer
) -> None:
    """M7: what another order of ours made is explained."""
    done = shop.send(ordered(shop, customer))
    assert done.state == IntentState.SUCCEEDED
    shop.account.fault("stored_500", effect="none", **INTENTS)
    intent = shop.send(ordered(shop, customer, details={"description": "Another zip"}))

    assert shop.find_out(intent).evidence["seen"] == ""


def _by_somebody_else(shop: Shop, customer: GatewayCustomer, minor: int) -> str:
    """A charge of the customer made at the gateway itself, by its id."""
    made_there = shop.account.make("charge", customer=customer.external_id, amount=minor)
    return str(made_there["id"])


@pytest.mark.parametrize(
    "metadata",
    [
        {"chargedesk_intent": "x"},
        {"ChargeDesk_change": "x"},
        {"n" * 41: "x"},
        {"a[b]": "x"},
        {"ref": "x" * 501},
        {f"n{number}": "x" for number in range(41)},
    ],
    ids=["mark", "other mark", "long name", "brackets", "long text", "too many"],
)
def test_nobody_writes_our_mark(
    shop: Shop, customer: GatewayCustomer, metadata: dict[str, str]
) -> None:
    """M7: an order is found by its mark, so a program's own words can be no mark."""
    details = {"description": "A new zip", "metadata": metadata}
    with pytest.raises(ActionDeniedError) as refused:
        ordered(shop, customer, details=details)
    assert refused.value.parameter == "metadata"
    assert sent(shop) == []


def test_the_words_of_a_program_are_kept_as_they_are(shop: Shop, customer: GatewayCustomer) -> None:
    """Only names have no brackets at Stripe."""
    details = {"description": "A new zip", "metadata": {"cart": "[1001] size {M}"}}
    done = shop.send(ordered(shop, customer, details=details))
    assert shop.charge(done.result_id).metadata["cart"] == "[1001] size {M}"


def test_a_double_click_is_one_charge(shop: Shop, customer: GatewayCustomer) -> None:
    """M2, R5: the same key is the same order, and another wish under it is refused."""
    key = str(uuid4())
    first = ordered(shop, customer, client_key=key)
    assert ordered(shop, customer, client_key=key).id == first.id
    with pytest.raises(KeyMisuseError):
        ordered(shop, customer, client_key=key, details={"description": "Something else"})
    shop.send(first)
    shop.send(first)
    assert len(made(shop)) == 1


def test_without_a_key_the_same_wish_is_the_same_order(
    shop: Shop, customer: GatewayCustomer
) -> None:
    """M15: an old client's retry charges nobody twice; another description is another wish."""
    first = shop.send(ordered(shop, customer, client_key=""))
    assert first.state == IntentState.SUCCEEDED
    assert ordered(shop, customer, client_key="").id == first.id
    other = ordered(shop, customer, client_key="", details={"description": "A second zip"})
    assert other.id != first.id


def test_two_clicks_at_once_are_one_charge(shop: Shop, customer: GatewayCustomer) -> None:
    """M2, M10: the customer's row is locked, so the second finds the first."""
    key, found, errors = str(uuid4()), [], []

    def click() -> None:
        try:
            found.append(ordered(shop, customer, client_key=key).id)
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == []
    assert len(set(found)) == 1


def test_two_agents_with_one_wish_meet(shop: Shop, customer: GatewayCustomer) -> None:
    """M14: the second one's page is older than the first one's charge."""
    anna, bruno = shop.person(Role.FINANCE, name="Anna"), shop.person(Role.FINANCE)
    with scoping.tenant(shop.tenant.id):
        seen = preview(ActionKind.CHARGE, customer.id, bruno).money_version
    first = ordered(shop, customer, requester=anna, money_version=seen)
    with pytest.raises(MoneyChangedError, match="Anna is already working on this"):
        ordered(shop, customer, requester=bruno, money_version=seen)
    shop.send(first)
    with pytest.raises(MoneyChangedError, match="changed since you opened it"):
        ordered(shop, customer, requester=bruno, money_version=seen)
    assert len(made(shop)) == 1


def test_one_order_of_a_customer_at_a_time(shop: Shop, customer: GatewayCustomer) -> None:
    """M10: while the outcome of one is unknown, the next one waits."""
    shop.account.fault("answer_lost_after_effect", **INTENTS)
    first = shop.send(ordered(shop, customer))
    second = shop.send(ordered(shop, customer, 500, details={"description": "A button"}))
    assert (first.state, second.state) == (IntentState.UNKNOWN, IntentState.READY)
    shop.find_out(first)
    assert shop.send(second).state == IntentState.SUCCEEDED
    assert len(made(shop)) == 2


def test_a_killed_worker_is_found_out_about(shop: Shop, customer: GatewayCustomer) -> None:
    """M3: a lease that ended with a try row is unknown; the same key then settles it."""
    intent = ordered(shop, customer)
    token, past = ids.new_id(), clock.now() - timedelta(seconds=1)
    shop.change(
        intent,
        state=IntentState.EXECUTING,
        lease_token=token,
        lease_until=past,
        first_try_at=past,
    )
    with scoping.tenant(shop.tenant.id):
        Try.objects.create(
            tenant=shop.tenant,
            intent=intent,
            step="charge",
            number=1,
            lease_token=token,
            sent_at=past,
        )
    # The killed worker's bytes had left.
    adapter, order = registry.adapter("stripe"), Order(**_order(intent))
    step = FrozenStep(**intent.steps[0])
    deadline = clock.now() + timedelta(seconds=20)
    adapter.send(gateway_credentials(shop.connection), order, step, deadline=deadline)
    tidy(shop.tenant.id)
    assert shop.intent(intent.id).state == IntentState.UNKNOWN

    assert shop.find_out(intent).state == IntentState.SUCCEEDED
    assert len(made(shop)) == 1


@pytest.mark.parametrize(
    ("last4", "words"), [("9995", "not enough money"), ("3184", "payment request")]
)
def test_a_decline_is_final_and_says_what_to_do(shop: Shop, last4: str, words: str) -> None:
    """A card that says no took nothing; the agent reads why."""
    poor = shop.account.make("customer", last4=last4)
    with scoping.tenant(shop.tenant.id):
        snapshots = registry.adapter("stripe").read(
            gateway_credentials(shop.connection), ObjectKind.CUSTOMER, poor["id"]
        )
        store(shop.connection, snapshots)
    intent = shop.send(ordered(shop, shop.customer(poor["id"])))

    assert intent.state == IntentState.FAILED
    assert words in intent.failure_message
    # The failed attempt carries our marker; the news of it changes nothing.
    shop.sync()
    assert shop.intent(intent.id).state == IntentState.FAILED


def test_news_that_is_faster_than_the_worker_settles_it(
    shop: Shop, customer: GatewayCustomer
) -> None:
    """M11, M16: the charge's own marker proves it, and the answer that follows changes nothing."""
    shop.account.fault("answer_lost_after_effect", **INTENTS)
    intent = shop.send(ordered(shop, customer))
    _read_charges(shop)

    assert shop.intent(intent.id).state == IntentState.SUCCEEDED
    assert shop.intent(intent.id).result_id.startswith("ch_")


def test_a_charge_in_the_name_of_no_order_raises_the_alarm(
    shop: Shop, customer: GatewayCustomer
) -> None:
    """A marker of ours that we do not know: somebody moves money in our name."""
    stranger = ids.new_id()
    shop.account.request(
        "POST",
        "/v1/payment_intents",
        amount="500",
        currency="eur",
        customer=customer.external_id,
        payment_method=customer.default_payment_method,
        confirm="true",
        **{"metadata[chargedesk_intent]": str(stranger)},
    )
    _read_charges(shop)
    with scoping.tenant(shop.tenant.id):
        alarm = AuditEvent.objects.get(verb="incident.raised")
    assert (alarm.object_id, alarm.reason) == (str(stranger), "marker_unknown")


def test_a_role_s_limit_for_one_action_holds_for_taking_money(
    shop: Shop, customer: GatewayCustomer
) -> None:
    """R7: over it a second person is asked; the budgets of a day stay with refunds."""
    agent = shop.person(Role.AGENT)
    with scoping.tenant(shop.tenant.id):
        RoleLimit.objects.update_or_create(
            tenant=shop.tenant,
            role=Role.AGENT,
            currency="EUR",
            defaults={"action_minor": 1000, "day_minor": 1000},
        )
    over = ordered(shop, customer, 1001, requester=agent)
    assert over.state == IntentState.AWAITING_APPROVAL
    within = [ordered(shop, customer, 900, requester=agent) for _ in range(2)]
    assert {each.state for each in within} == {IntentState.READY}
    with scoping.tenant(shop.tenant.id):
        spent = SpentBudget.objects.filter(actor_id=agent.actor.id)
        assert sum(spent.values_list("spent_minor", flat=True)) == 0


def test_taking_money_in_a_currency_without_limits_waits_too(
    shop: Shop, customer: GatewayCustomer
) -> None:
    """R7."""
    agent = shop.person(Role.AGENT)
    asked = ordered(shop, customer, 900, currency="CHF", requester=agent)
    assert asked.state == IntentState.AWAITING_APPROVAL


@pytest.mark.parametrize(
    ("minor", "currency", "details", "reason"),
    [
        (None, "EUR", {}, "amount_missing"),
        (0, "EUR", {}, "amount_zero"),
        (500, "EUR", {"payment_method": "pm_of_somebody_else"}, "unknown_payment_method"),
        (1001, "KWD", {}, "amount_off_step"),
    ],
)
def test_what_cannot_be_charged_is_refused_and_leaves_nothing(
    shop: Shop,
    customer: GatewayCustomer,
    minor: int | None,
    currency: str,
    details: dict[str, str],
    reason: str,
) -> None:
    """M13; and no card of somebody else's."""
    amount = None if minor is None else Money.of(minor, currency)
    with pytest.raises(ActionDeniedError) as refused:
        shop.order(ActionKind.CHARGE, customer.id, amount=amount, details=details)
    assert refused.value.reason == reason
    with scoping.tenant(shop.tenant.id):
        assert not ActionIntent.objects.exists()


def test_a_viewer_charges_nobody(shop: Shop, customer: GatewayCustomer) -> None:
    with pytest.raises(ActionDeniedError) as refused:
        ordered(shop, customer, requester=shop.person(Role.VIEWER))
    assert refused.value.reason == "not_permitted"


def test_a_payment_request_is_a_link_that_settles_nothing_by_itself(
    shop: Shop, customer: GatewayCustomer
) -> None:
    """The link is kept; what is paid on it carries the request's marker and changes no state."""
    intent = shop.send(ordered(shop, customer, action=ActionKind.REQUEST_PAYMENT))
    assert intent.state == IntentState.SUCCEEDED
    assert intent.result_url.startswith("http")
    assert intent.result_expires_at is not None
    assert made(shop) == []

    shop.account.act(intent.result_id, "pay")
    _read_charges(shop)

    with scoping.tenant(shop.tenant.id):
        assert Charge.objects.get(intent_id=intent.id).captured_minor == 2000
    assert shop.intent(intent.id).state == IntentState.SUCCEEDED


def test_a_lost_link_is_found_again(shop: Shop, customer: GatewayCustomer) -> None:
    """M7: the customer never gets two links for one wish."""
    shop.account.fault("answer_lost_after_effect", path_regex="/sessions$", method="POST", times=1)
    intent = shop.send(ordered(shop, customer, action=ActionKind.REQUEST_PAYMENT))
    assert intent.state == IntentState.UNKNOWN

    intent = shop.find_out(intent)

    assert intent.state == IntentState.SUCCEEDED
    assert intent.result_url


def test_the_log_says_what_was_ordered(shop: Shop, customer: GatewayCustomer) -> None:
    """R14: what, how much, with which card, for what."""
    intent = ordered(shop, customer)
    with scoping.tenant(shop.tenant.id):
        entry = AuditEvent.objects.get(verb="action.requested")
    assert entry.object_kind == "customer"
    assert entry.details["amount"] == "20.00 EUR"
    assert entry.details["order"] == intent.order["details"]


def _read_charges(shop: Shop) -> None:
    """Read the account's charges and settle what they tell of, as sync does."""
    page = registry.adapter("stripe").page(gateway_credentials(shop.connection), ObjectKind.CHARGE)
    with scoping.tenant(shop.tenant.id):
        store(shop.connection, page.snapshots)


def _order(intent: ActionIntent) -> dict[str, Any]:
    stored = dict(intent.order)
    return {
        **stored,
        "action": ActionKind(stored["action"]),
        "intent_id": intent.id,
        "money": intent.amount,
    }
