"""Every billing action goes through the same engine: once, unknown if unclear, refused clearly."""

import time
from datetime import timedelta
from typing import Any

import pytest

from audit.models import AuditEvent
from chargedesk.actions.errors import ActionDeniedError, IntentClosedError, MoneyChangedError
from chargedesk.actions.models import ActionIntent, IntentState
from chargedesk.actions.selectors import preview
from chargedesk.actions.services import preview_change, take_back
from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.kit.money import Money
from chargedesk.ledger.models import GatewayCustomer, GatewayInvoice, PaymentMethod
from chargedesk.tenants.roles import Role
from gateways.capabilities import ActionKind
from gateways.snapshots import ObjectKind
from tests.actions import wishes
from tests.actions.shop import Shop
from tests.contracts.stripe.orders import PATHS


@pytest.mark.parametrize("action", wishes.KINDS)
def test_it_is_done_once_and_logged(shop: Shop, action: ActionKind) -> None:
    """M1, R14: the frozen order leaves nothing open, the log tells what was done."""
    object_id, wish = wishes.wished(shop, action)
    placed = shop.order(action, object_id, **wish)
    before = len(_effects(shop))
    intent = shop.send(placed)

    assert intent.state == IntentState.SUCCEEDED, intent.failure_message
    done = len(_effects(shop))
    assert done > before
    shop.send(intent)
    assert len(_effects(shop)) == done
    with scoping.tenant(shop.tenant.id):
        entry = AuditEvent.objects.filter(verb="action.succeeded").latest("at")
    assert entry.object_id == str(object_id)
    assert entry.details["action"] == action
    if action is ActionKind.UPDATE_TAX_DETAILS:
        assert "Torino" not in str(entry.details)


@pytest.mark.parametrize("action", wishes.KINDS)
def test_a_lost_answer_is_unknown_and_then_found(shop: Shop, action: ActionKind) -> None:
    """M4, M7: never shown as failed, never done twice."""
    object_id, wish = wishes.wished(shop, action)
    placed = shop.order(action, object_id, **wish)
    before = len(_effects(shop))
    method = "DELETE" if action is ActionKind.CANCEL_SUBSCRIPTION else "POST"
    path = PATHS[action]
    shop.account.fault("answer_lost_after_effect", method=method, path_regex=path, times=1)
    unknown = shop.send(placed)
    assert unknown.state == IntentState.UNKNOWN
    done = len(_effects(shop))
    assert done > before

    intent = shop.find_out(unknown)

    assert intent.state == IntentState.SUCCEEDED, intent.evidence
    assert len(_effects(shop)) == done


def test_the_ledger_shows_what_was_done_at_once(shop: Shop) -> None:
    """The answer's snapshots go through the ledger's doors: no agent waits for a webhook."""
    running = wishes.subscription(shop)
    price = wishes.price(shop, 7000)
    details = {"price": price, "quantity": 2, "prorate": "none"}
    shop.send(shop.order(ActionKind.CHANGE_SUBSCRIPTION, running.id, details=details))
    changed = wishes.stored(shop, running.external_id)
    assert (changed.amount_minor, changed.items[0]["price_id"]) == (14000, price)

    for action, status in (
        (ActionKind.PAUSE_SUBSCRIPTION, "paused"),
        (ActionKind.RESUME_SUBSCRIPTION, "active"),
    ):
        shop.send(shop.order(action, running.id))
        assert wishes.stored(shop, running.external_id).status == status

    coupon = wishes.coupon(shop)
    shop.send(shop.order(ActionKind.APPLY_COUPON, running.id, details={"coupon": coupon}))
    (discount,) = wishes.stored(shop, running.external_id).discounts
    assert discount["coupon_id"] == coupon
    shop.send(shop.order(ActionKind.REMOVE_COUPON, running.id))
    assert wishes.stored(shop, running.external_id).discounts == []


def test_a_second_coupon_keeps_the_first(shop: Shop) -> None:
    """M1: what stays is said out loud, since the gateway replaces the whole list."""
    running = wishes.subscription(shop)
    for name in ("Ten", "Friends"):
        details = {"coupon": wishes.coupon(shop, name)}
        shop.send(shop.order(ActionKind.APPLY_COUPON, running.id, details=details))
    first, second = wishes.stored(shop, running.external_id).discounts
    details = {"discount": second["external_id"]}
    shop.send(shop.order(ActionKind.REMOVE_COUPON, running.id, details=details))
    (left,) = wishes.stored(shop, running.external_id).discounts
    assert left["coupon_id"] == first["coupon_id"]
    with pytest.raises(ActionDeniedError) as refused:
        shop.order(ActionKind.REMOVE_COUPON, running.id, details={"discount": "di_unknown"})
    assert refused.value.reason == "unknown_discount"


def test_the_preview_s_moment_is_what_is_billed(shop: Shop) -> None:
    """M1, M14: what was shown is frozen with the order, to the second and the cent."""
    running = wishes.subscription(shop)
    wish = {"price": wishes.price(shop, 9000), "quantity": 1, "prorate": "now"}
    change, resolved = preview_change(shop.tenant.id, running.id, wish)
    assert change is not None
    assert change.lines
    assert change.due_now.minor > 0
    assert abs(resolved["proration_at"] - clock.now().timestamp()) < 60

    intent = shop.send(shop.order(ActionKind.CHANGE_SUBSCRIPTION, running.id, details=resolved))

    assert intent.order["details"] == resolved
    shop.sync(ObjectKind.INVOICE)
    with scoping.tenant(shop.tenant.id):
        billed = GatewayInvoice.objects.filter(subscription_id=running.id).latest("occurred_at")
    assert billed.total_minor == change.due_now.minor


def test_a_changed_subscription_stops_an_older_page(shop: Shop) -> None:
    """M14: two people, one wish, without a money root too."""
    running = wishes.subscription(shop)
    bruno = shop.person(Role.FINANCE)
    with scoping.tenant(shop.tenant.id):
        seen = preview(ActionKind.PAUSE_SUBSCRIPTION, running.id, bruno).money_version
    details = {"coupon": wishes.coupon(shop)}
    shop.send(shop.order(ActionKind.APPLY_COUPON, running.id, details=details))
    with pytest.raises(MoneyChangedError):
        shop.order(ActionKind.PAUSE_SUBSCRIPTION, running.id, requester=bruno, money_version=seen)


def test_changed_at_the_gateway_before_it_is_sent_is_not_sent(shop: Shop) -> None:
    """R2: read again before the first try; a page's order stops."""
    running = wishes.subscription(shop)
    with scoping.tenant(shop.tenant.id):
        seen = preview(ActionKind.PAUSE_SUBSCRIPTION, running.id, shop.system()).money_version
    placed = shop.order(ActionKind.PAUSE_SUBSCRIPTION, running.id, money_version=seen)
    # The provider's clock has whole seconds.
    time.sleep(1.1)
    shop.account.request(
        "POST", f"/v1/subscriptions/{running.external_id}", cancel_at_period_end="true"
    )
    intent = shop.send(placed)
    assert (intent.state, intent.failure_code) == (IntentState.FAILED, "changed_elsewhere")


@pytest.mark.parametrize(
    ("action", "details", "reason"),
    [
        (ActionKind.CHANGE_SUBSCRIPTION, {"price": "price_of_nobody"}, "unknown_price"),
        (ActionKind.CHANGE_SUBSCRIPTION, {}, "nothing_changes"),
        (ActionKind.CHANGE_SUBSCRIPTION, {"quantity": 0}, "quantity_zero"),
        (ActionKind.CHANGE_SUBSCRIPTION, {"quantity": "3"}, "not_a_number"),
        (ActionKind.CHANGE_SUBSCRIPTION, {"quantity": 2, "prorate": "x"}, "unknown_choice"),
        (ActionKind.CHANGE_SUBSCRIPTION, {"item": "si_x", "quantity": 2}, "unknown_item"),
        (ActionKind.APPLY_COUPON, {"coupon": "of_nobody"}, "unknown_coupon"),
        (ActionKind.REMOVE_COUPON, {}, "unknown_discount"),
        (ActionKind.RESUME_SUBSCRIPTION, {}, "not_paused"),
        (ActionKind.CREATE_SUBSCRIPTION, {"price": "price_of_nobody"}, "unknown_price"),
        (ActionKind.UPDATE_TAX_DETAILS, {"tax_id": "1", "tax_id_type": "x"}, "unknown_tax_id_type"),
        (ActionKind.REQUEST_PAYMENT, {}, "amount_missing"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field_and_leaves_nothing(
    shop: Shop, action: ActionKind, details: dict[str, Any], reason: str
) -> None:
    running = wishes.subscription(shop)
    about_customer = (
        ActionKind.CREATE_SUBSCRIPTION,
        ActionKind.UPDATE_TAX_DETAILS,
        ActionKind.REQUEST_PAYMENT,
    )
    object_id = wishes.customer(shop).id if action in about_customer else running.id
    with pytest.raises(ActionDeniedError) as refused:
        shop.order(action, object_id, details=details)
    assert refused.value.reason == reason
    with scoping.tenant(shop.tenant.id):
        assert not ActionIntent.objects.exists()


def test_an_ended_subscription_can_only_be_looked_at(shop: Shop) -> None:
    running = wishes.subscription(shop)
    shop.send(shop.order(ActionKind.CANCEL_SUBSCRIPTION, running.id))
    for action in (
        ActionKind.CHANGE_SUBSCRIPTION,
        ActionKind.PAUSE_SUBSCRIPTION,
        ActionKind.APPLY_COUPON,
    ):
        with pytest.raises(ActionDeniedError) as refused:
            shop.order(action, running.id, details={"quantity": 2, "coupon": "x"})
        assert refused.value.reason in {"not_running", "already_ended"}


def test_a_paid_invoice_is_neither_sent_nor_voided(shop: Shop) -> None:
    invoice_id, _ = wishes.wished(shop, ActionKind.VOID_INVOICE)
    shop.send(shop.order(ActionKind.VOID_INVOICE, invoice_id))
    for action in (ActionKind.SEND_INVOICE, ActionKind.VOID_INVOICE):
        with pytest.raises(ActionDeniedError) as refused:
            shop.order(action, invoice_id)
        assert refused.value.reason == "not_open"


def test_a_customer_without_a_card_is_told_what_to_do_instead(shop: Shop) -> None:
    made = shop.account.request("POST", "/v1/customers", email="nocard@example.com")
    shop.sync(ObjectKind.CUSTOMER)
    with scoping.tenant(shop.tenant.id):
        poor = GatewayCustomer.objects.get(external_id=made["id"])
        seen = preview(ActionKind.CHARGE, poor.id, shop.system())
    assert getattr(seen.decision, "reason", "") == "no_payment_method"
    assert "payment request" in str(getattr(seen.decision, "message", ""))


def test_cards_nobody_has_read_yet_are_read_before_the_order_is_judged(shop: Shop) -> None:
    """An import tells of customers, not of their cards."""
    shop.sync(ObjectKind.CUSTOMER)
    with scoping.tenant(shop.tenant.id):
        unread = GatewayCustomer.objects.get(external_id=shop.account.customers[1])
        assert not PaymentMethod.objects.filter(gateway_customer_id=unread.id).exists()
    placed = shop.order(ActionKind.CHARGE, unread.id, amount=Money.of(500, "EUR"))
    assert placed.order["details"]["payment_method"]


def test_tax_details_correct_the_record_and_replace_the_tax_id(shop: Shop) -> None:
    """Several calls, one order: each step under its own key."""
    who, wish = wishes.wished(shop, ActionKind.UPDATE_TAX_DETAILS)
    for number in ("IT12345678903", "IT00743110157"):
        details = {**wish["details"], "tax_id": number}
        intent = shop.send(shop.order(ActionKind.UPDATE_TAX_DETAILS, who, details=details))
        assert intent.state == IntentState.SUCCEEDED, intent.failure_message
    with scoping.tenant(shop.tenant.id):
        row = GatewayCustomer.objects.get(pk=who)
    assert [each["value"] for each in row.tax_ids or ()] == ["IT00743110157"]
    assert (row.name, row.address["city"]) == ("Officine Bianchi", "Torino")


def test_what_is_half_sent_cannot_be_taken_back(shop: Shop) -> None:
    """M16: an order that waits between two of its calls was sent; it is finished later."""
    who, wish = wishes.wished(shop, ActionKind.UPDATE_TAX_DETAILS)
    details = {**wish["details"], "tax_id": "IT12345678903"}
    last = "/customers/[^/]+$"
    shop.account.fault("rate_limited", method="POST", path_regex=last, times=1, delay_s=1)
    intent = shop.send(shop.order(ActionKind.UPDATE_TAX_DETAILS, who, details=details))
    assert intent.state == IntentState.READY

    with scoping.tenant(shop.tenant.id), pytest.raises(IntentClosedError):
        take_back(intent.id, actor=shop.system().actor)

    time.sleep(1.1)
    assert shop.send(intent).state == IntentState.SUCCEEDED
    with scoping.tenant(shop.tenant.id):
        row = GatewayCustomer.objects.get(pk=who)
    assert [each["value"] for each in row.tax_ids or ()] == ["IT12345678903"]


def test_a_dead_key_of_a_new_subscription_is_looked_for(shop: Shop) -> None:
    """M7: at half the key's life the marker is looked for; nobody is subscribed twice."""
    who, wish = wishes.wished(shop, ActionKind.CREATE_SUBSCRIPTION)
    path = PATHS[ActionKind.CREATE_SUBSCRIPTION]
    shop.account.fault("answer_lost_after_effect", method="POST", path_regex=path, times=1)
    intent = shop.send(shop.order(ActionKind.CREATE_SUBSCRIPTION, who, **wish))
    shop.change(intent, first_try_at=clock.now() - timedelta(hours=13))

    intent = shop.find_out(intent)

    assert intent.state == IntentState.SUCCEEDED
    made = [call for call in shop.account.calls() if call["effect"] == "subscription.created"]
    assert len(made) == 1


def _effects(shop: Shop) -> list[dict[str, object]]:
    """What really changed at the gateway."""
    return [call for call in shop.account.calls() if call["effect"]]
