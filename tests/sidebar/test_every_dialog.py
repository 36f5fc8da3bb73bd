"""R1 to R14 for what is no refund: charge, request, subscribe, change, invoices, tax details."""

import html
import re
import time
from datetime import timedelta
from typing import Any

import pytest

from chargedesk.actions.models import ActionIntent, IntentState
from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.kit.money import Money
from chargedesk.ledger.models import (
    Charge,
    GatewayCustomer,
    GatewayInvoice,
    Price,
    Subscription,
)
from chargedesk.tenants.services import set_functions
from chargedesk.tenants.services.members import member_actor
from gateways.capabilities import ActionKind
from gateways.snapshots import ObjectKind
from tests.actions import wishes
from tests.actions.shop import Shop
from tests.services.accounts import new_user
from tests.sidebar.desk import Answer, Desk, Panel, new_agent, open_desk


@pytest.fixture
def customer(desk: Desk) -> GatewayCustomer:
    """The ticket's customer, with a card on file as the ledger knows it."""
    with scoping.tenant(desk.shop.tenant.id):
        row = GatewayCustomer.objects.get(email=desk.customer()["email"])
    return desk.shop.customer(row.external_id)


@pytest.fixture
def subscription(desk: Desk, customer: GatewayCustomer) -> Subscription:
    """A running subscription of that customer, and what else can be bought."""
    made = desk.shop.account.make("subscription", customer=customer.external_id)
    desk.shop.sync(*wishes.CATALOG)
    return wishes.stored(desk.shop, made["id"])


def intents(desk: Desk) -> list[ActionIntent]:
    with scoping.tenant(desk.shop.tenant.id):
        return list(ActionIntent.objects.order_by("created_at"))


def opened(panel: Panel, action: ActionKind, object_id: object) -> Answer:
    dialog = panel.get("dialog", action=action.value, object=str(object_id))
    assert dialog.status == 200, dialog.text
    return dialog


def wish(dialog: Answer, **changes: str) -> dict[str, str]:
    """What a browser would send: every field as it stands, with these changes."""
    fields: dict[str, str] = {}
    for name, value in re.findall(
        r'<input[^>]*name="([a-z0-9_]+)"[^>]*value="([^"]*)"', dialog.text
    ):
        fields.setdefault(name, html.unescape(value))
    for name, options in re.findall(
        r'<select[^>]*name="([a-z_]+)"[^>]*>(.*?)</select>', dialog.text
    ):
        chosen = re.search(r'<option(?: value="([^"]*)")? selected', options)
        fields[name] = html.unescape(chosen[1] or "") if chosen else ""
        if chosen and chosen[1] is None:
            fields[name] = re.findall(r"selected>([^<]*)<", options)[0]
    return fields | {"confirmed": "yes"} | changes


def test_the_card_offers_what_can_be_done(
    desk: Desk, panel: Panel, customer: GatewayCustomer, subscription: Subscription
) -> None:
    """S6: quiet menus; a new order of a customer, a subscription and an invoice each."""
    desk.shop.account.make("invoice", customer=customer.external_id, status="open")
    desk.shop.sync(*wishes.CATALOG)
    text = panel.get("card").text
    for kind in (
        "charge",
        "authorize",
        "request_payment",
        "create_subscription",
        "request_card_update",
        "update_tax_details",
        "change_subscription",
        "pause_subscription",
        "apply_coupon",
        "cancel_subscription",
        "send_invoice",
        "void_invoice",
    ):
        assert f'data-deed="{kind}"' in text, kind
    assert 'data-deed="resume_subscription"' not in text
    assert 'data-deed="remove_coupon"' not in text
    assert 'class="primary' not in text


def test_a_viewer_is_offered_nothing(desk: Desk, customer: GatewayCustomer) -> None:
    looker = desk.open("nobody@example.com", desk.customer())
    assert "data-deed" not in looker.get("card").text
    refused = looker.get("dialog", action="charge", object=str(customer.id))
    assert refused.status == 403


def test_charging_says_what_when_and_on_which_card(
    desk: Desk, panel: Panel, customer: GatewayCustomer
) -> None:
    """R1, R4, R14: nothing preset, the deed on the button, the order names the card."""
    dialog = opened(panel, ActionKind.CHARGE, customer.id)
    assert dialog.value("amount") == ""
    assert re.search(r"data-submit[^>]* disabled", dialog.text)
    assert "•••• 4242" in dialog.text
    typed = wish(dialog, amount="12.50", description="A new zip")
    told = panel.post("outcome", **typed)
    assert 'data-button="Charge EUR\u00a012.50"' in told.text
    assert "is taken from" in told.text
    result = panel.post("orders", **typed)
    assert result.status == 200
    (intent,) = intents(desk)
    assert (intent.amount, intent.on_behalf_of) == (Money.of(1250, "EUR"), "generic:7")
    assert intent.order["details"]["description"] == "A new zip"
    assert intent.order["details"]["payment_method"]
    assert "Charge of EUR\u00a012.50 is about to be sent" in result.text
    assert panel.post("orders", **typed).intent_id == intent.id


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount": "1,234"}, "amount"),
        ({"amount": ""}, "amount"),
        ({"description": ""}, "description"),
        ({"description": "x" * 201}, "description"),
        ({"currency": "XYZ"}, "amount"),
        ({"payment_method": "pm_of_somebody"}, "payment_method"),
    ],
)
def test_bad_fields_of_a_charge_come_back(
    desk: Desk, panel: Panel, customer: GatewayCustomer, changes: dict[str, str], field: str
) -> None:
    """X3: summary with a link, the field marked, nothing written."""
    dialog = opened(panel, ActionKind.CHARGE, customer.id)
    typed = wish(dialog, **{"amount": "12.50", "description": "A new zip", **changes})
    answer = panel.post("orders", **typed)
    assert answer.status == 422
    assert f'href="#field-{field}"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert not intents(desk)


def test_another_currency_can_be_chosen(
    desk: Desk, panel: Panel, customer: GatewayCustomer
) -> None:
    """R4: amounts are read by the currency beside them."""
    wishes.price(desk.shop, 900, currency="jpy")
    dialog = opened(panel, ActionKind.REQUEST_PAYMENT, customer.id)
    assert "<option>JPY</option>" in dialog.text
    typed = wish(dialog, amount="900", currency="JPY", description="A zip")
    told = panel.post("outcome", **typed).text
    assert "JPY\u00a0900" in told
    assert "No limit in JPY is set for this role. A second person will be asked" in told
    small = panel.post("outcome", **{**typed, "amount": "9.00", "currency": "EUR"}).text
    assert "second person" not in small
    panel.post("orders", **typed)
    assert intents(desk)[0].amount == Money.of(900, "JPY")


def test_a_weak_match_asks_before_a_charge(desk: Desk, customer: GatewayCustomer) -> None:
    panel = desk.open(new_agent(desk.shop), desk.customer(is_verified=False))
    dialog = opened(panel, ActionKind.CHARGE, customer.id)
    assert "This match is weak" in dialog.text
    typed = wish(dialog, amount="12.50", description="A zip", confirmed="")
    assert panel.post("orders", **typed).status == 422
    assert not intents(desk)


def test_a_payment_request_ends_with_link_copy_and_reply(
    desk: Desk, panel: Panel, customer: GatewayCustomer
) -> None:
    """S9: the link beside a Copy button, and an offered text that holds it; nothing is sent."""
    dialog = opened(panel, ActionKind.REQUEST_PAYMENT, customer.id)
    result = panel.post("orders", **wish(dialog, amount="12.50", description="A zip"))
    (intent,) = intents(desk)
    intent = desk.shop.send(intent)
    assert intent.state == IntentState.SUCCEEDED
    shown = panel.get(f"orders/{result.intent_id}").text
    url = html.escape(intent.result_url)
    assert f'data-copy="{url}"' in shown
    assert "please pay EUR\u00a012.50 on this page" in shown
    assert shown.count(url) >= 3
    assert "Nothing was sent to the customer" in shown


def test_two_agents_charge_once(desk: Desk, panel: Panel, customer: GatewayCustomer) -> None:
    """R5, M14: the second page is older than the first one's order."""
    other = desk.open(new_agent(desk.shop, name="Bruno"), desk.customer())
    older = opened(other, ActionKind.CHARGE, customer.id)
    dialog = opened(panel, ActionKind.CHARGE, customer.id)
    panel.post("orders", **wish(dialog, amount="12.50", description="A zip"))
    stopped = other.post("orders", **wish(older, amount="12.50", description="A zip"))
    assert stopped.status == 409
    assert "Anna is already working on this" in stopped.text
    assert len(intents(desk)) == 1


# --- Subscriptions ---
def test_a_change_shows_the_gateway_s_own_figures_before_and_freezes_them(
    desk: Desk, panel: Panel, subscription: Subscription
) -> None:
    """R1, M1: lines, what is due now, the next invoice; the order is of that very moment."""
    price = wishes.price(desk.shop, 9900)
    dialog = opened(panel, ActionKind.CHANGE_SUBSCRIPTION, subscription.id)
    assert "Choose another plan or quantity" in dialog.text
    assert re.search(r"data-submit[^>]* disabled", dialog.text)
    told = panel.post("outcome", **wish(dialog, price=price, prorate="now"))
    assert re.search(r'data-button="Change and charge EUR\u00a0[0-9.]+"', told.text), told.text
    assert "is charged at once" in told.text
    assert "The next invoice, on" in told.text
    assert "\u2212" in told.text
    moment = told.value("proration_at")
    shown = {"proration_at": moment, "previewed": told.value("previewed")}
    other = panel.post("orders", **wish(dialog, price=price, prorate="none", **shown))
    assert "Look at what it costs again" in other.text
    result = panel.post("orders", **wish(dialog, price=price, prorate="now", **shown))
    assert result.status == 200, result.text
    (intent,) = intents(desk)
    assert intent.order["details"]["proration_at"] == int(moment)
    assert desk.shop.send(intent).state == IntentState.SUCCEEDED
    assert wishes.stored(desk.shop, subscription.external_id).amount_minor == 9900


@pytest.mark.parametrize("age_s", [None, 3600, -600])
def test_a_change_without_a_fresh_preview_is_shown_again(
    desk: Desk, panel: Panel, subscription: Subscription, age_s: int | None
) -> None:
    """M14: nobody orders what they were not shown."""
    price = wishes.price(desk.shop, 9900)
    dialog = opened(panel, ActionKind.CHANGE_SUBSCRIPTION, subscription.id)
    moment = {}
    if age_s is not None:
        moment = {"proration_at": str(int(clock.now().timestamp()) - age_s)}
    answer = panel.post("orders", **wish(dialog, price=price, **moment))
    assert answer.status == 422
    assert "Look at what it costs again" in answer.text
    assert answer.value("proration_at")
    assert not intents(desk)


def test_no_preview_no_change(desk: Desk, panel: Panel, subscription: Subscription) -> None:
    """S14: if the gateway does not say what it costs, the button waits and the reason is told."""
    price = wishes.price(desk.shop, 9900)
    dialog = opened(panel, ActionKind.CHANGE_SUBSCRIPTION, subscription.id)
    desk.shop.account.fault("error_500", times=5, path_regex="create_preview")
    told = panel.post("outcome", **wish(dialog, price=price))
    assert 'data-possible="no"' in told.text
    assert 'class="problem"' in told.text


def test_a_routed_change_does_not_blame_the_gateway(
    desk: Desk, panel: Panel, subscription: Subscription
) -> None:
    """S14: Stripe could tell what it costs; who makes the change instead tells nothing."""
    with scoping.tenant(desk.shop.tenant.id):
        urls = {"change_subscription": "http://127.0.0.1:9/change"}
        actor = member_actor(new_user())
        set_functions(desk.shop.connection.id, urls=urls, actor=actor)
    price = wishes.price(desk.shop, 9900)
    dialog = opened(panel, ActionKind.CHANGE_SUBSCRIPTION, subscription.id)
    told = panel.post("outcome", **wish(dialog, price=price))
    assert "Your own system makes this change" in told.text
    assert "This gateway tells" not in told.text


def test_starting_a_subscription_says_price_card_and_renewal(
    desk: Desk, panel: Panel, customer: GatewayCustomer
) -> None:
    price = wishes.price(desk.shop, 2900)
    coupon = wishes.coupon(desk.shop)
    dialog = opened(panel, ActionKind.CREATE_SUBSCRIPTION, customer.id)
    typed = wish(dialog, price=price, quantity="2", trial_days="14", coupon=coupon)
    told = panel.post("outcome", **typed)
    assert "The first 14 days are free" in told.text
    assert 'data-button="Start at EUR\u00a058.00 a month"' in told.text
    assert "renews by itself" in told.text
    panel.post("orders", **typed)
    (intent,) = intents(desk)
    assert desk.shop.send(intent).state == IntentState.SUCCEEDED
    with scoping.tenant(desk.shop.tenant.id):
        made = Subscription.objects.get(external_id=desk.shop.intent(intent.id).result_id)
    assert (made.status, made.amount_minor) == ("trialing", 5800)


def test_pause_and_resume_follow_each_other_on_the_card(
    desk: Desk, panel: Panel, subscription: Subscription
) -> None:
    """R3: a service is taken away only with a reason."""
    dialog = opened(panel, ActionKind.PAUSE_SUBSCRIPTION, subscription.id)
    assert panel.post("orders", **wish(dialog, reason="")).status == 422
    panel.post("orders", **wish(dialog, reason="requested_by_customer"))
    desk.shop.send(intents(desk)[0])
    card = panel.get("card").text
    assert 'data-deed="resume_subscription"' in card
    assert 'data-deed="pause_subscription"' not in card
    dialog = opened(panel, ActionKind.RESUME_SUBSCRIPTION, subscription.id)
    assert "It is charged again" in dialog.text
    assert panel.post("orders", **wish(dialog)).status == 200


def test_a_coupon_is_given_and_taken_away(
    desk: Desk, panel: Panel, subscription: Subscription
) -> None:
    coupon = wishes.coupon(desk.shop)
    dialog = opened(panel, ActionKind.APPLY_COUPON, subscription.id)
    assert panel.post("orders", **wish(dialog, coupon="")).status == 422
    told = panel.post("outcome", **wish(dialog, coupon=coupon))
    assert 'data-button="Apply Ten, 10% off"' in told.text
    panel.post("orders", **wish(dialog, coupon=coupon))
    desk.shop.send(intents(desk)[0])
    dialog = opened(panel, ActionKind.REMOVE_COUPON, subscription.id)
    assert "Remove Ten, 10% off</button>" in dialog.text
    panel.post("orders", **wish(dialog, reason="other", note="ended"))
    desk.shop.send(intents(desk)[1])
    assert wishes.stored(desk.shop, subscription.external_id).discounts == []


def test_cancelling_now_says_what_the_unused_rest_is_worth(
    desk: Desk, panel: Panel, subscription: Subscription
) -> None:
    """R10: by the day's share, and no promise to give it back."""
    now = clock.now()
    with scoping.tenant(desk.shop.tenant.id):
        Subscription.objects.filter(pk=subscription.id).update(
            amount_minor=3000,
            period_start=now - timedelta(days=10, hours=1),
            period_end=now + timedelta(days=20) - timedelta(hours=1),
        )
    dialog = panel.get("dialog", action="cancel_subscription", object=str(subscription.id))
    with scoping.tenant(desk.shop.tenant.id):
        Subscription.objects.filter(pk=subscription.id).update(
            amount_minor=3000,
            period_start=now - timedelta(days=10, hours=1),
            period_end=now + timedelta(days=20) - timedelta(hours=1),
        )
    told = panel.post("outcome", **wish(dialog, when="now"))
    assert "The unused rest of the period is worth EUR\u00a019.95." in told.text
    assert "Nothing is refunded by this" in told.text
    later = panel.post("outcome", **wish(dialog, when="period_end"))
    assert "unused rest" not in later.text


# --- Refund and cancellation beside each other ---
@pytest.fixture
def subscribed_charge(desk: Desk, charge: Charge, subscription: Subscription) -> Charge:
    """A paid charge of that subscription."""
    with scoping.tenant(desk.shop.tenant.id):
        Charge.objects.filter(pk=charge.id).update(
            subscription_external_id=subscription.external_id
        )
        return Charge.objects.get(pk=charge.id)


def test_a_charge_is_known_to_have_paid_for_a_subscription_through_its_invoice(
    desk: Desk, panel: Panel, subscription: Subscription
) -> None:
    """R1: Stripe's charges name neither invoice nor subscription; the invoice's payment does."""
    desk.shop.sync(ObjectKind.INVOICE, ObjectKind.INVOICE_PAYMENT)
    with scoping.tenant(desk.shop.tenant.id):
        invoice = GatewayInvoice.objects.get(subscription_id=subscription.id)
        charge = Charge.objects.get(root_id=invoice.payments.get().root_id)
    assert (charge.invoice_external_id, charge.subscription_external_id) == ("", "")

    dialog = opened(panel, ActionKind.REFUND, charge.id)
    assert f"Invoice {invoice.number} stays paid." in dialog.text
    assert 'name="also_cancel"' in dialog.text
    assert invoice.number in panel.get(f"charges/{charge.id}").text
    why = panel.get(f"charges/{charge.id}/why").text
    assert "It is the first payment for" in why
    assert "The next payment is due on" in why


@pytest.mark.parametrize(("choice", "at_period_end"), [("period_end", True), ("now", False)])
def test_a_refund_can_also_cancel_as_a_second_order(
    desk: Desk,
    panel: Panel,
    subscribed_charge: Charge,
    subscription: Subscription,
    choice: str,
    at_period_end: bool,  # noqa: FBT001
) -> None:
    """R1, M12: two choices, two orders, both shown."""
    dialog = opened(panel, ActionKind.REFUND, subscribed_charge.id)
    assert "Keeps running" in dialog.text
    assert "The subscription keeps running." in dialog.text
    typed = wish(dialog, amount="1.00", reason="duplicate", also_cancel=choice)
    told = panel.post("outcome", **typed)
    assert 'data-button="Refund EUR\u00a01.00 and cancel"' in told.text
    result = panel.post("orders", **typed)
    refund, cancel = intents(desk)
    assert (refund.action, cancel.action) == ("refund", "cancel_subscription")
    assert (cancel.object_id, cancel.reason) == (subscription.id, "duplicate")
    assert cancel.order["at_period_end"] is at_period_end
    assert {str(refund.id), str(cancel.id)} <= set(
        re.findall(r'id="order-([0-9a-f-]{36})"', result.text)
    )
    panel.post("orders", **typed)
    assert len(intents(desk)) == 2


def test_keeping_it_running_orders_the_refund_only(
    desk: Desk, panel: Panel, subscribed_charge: Charge
) -> None:
    dialog = opened(panel, ActionKind.REFUND, subscribed_charge.id)
    panel.post("orders", **wish(dialog, amount="1.00", reason="duplicate", also_cancel=""))
    assert [each.action for each in intents(desk)] == ["refund"]


def test_a_refused_cancellation_does_not_hide_the_refund(
    desk: Desk, panel: Panel, subscribed_charge: Charge, subscription: Subscription
) -> None:
    """R1: the refund stands, and the panel says what did not happen."""
    dialog = opened(panel, ActionKind.REFUND, subscribed_charge.id)
    with scoping.tenant(desk.shop.tenant.id):
        Subscription.objects.filter(pk=subscription.id).update(cancels_at_period_end=True)
    typed = wish(dialog, amount="1.00", reason="duplicate", also_cancel="period_end")
    result = panel.post("orders", **typed)
    assert result.status == 200
    assert "The subscription was not cancelled" in result.text
    assert "already ends with the paid period" in result.text
    assert [each.action for each in intents(desk)] == ["refund"]
    assert 'id="order-' in result.text


def test_a_failed_refund_does_not_hide_the_cancellation(
    desk: Desk, subscribed_charge: Charge
) -> None:
    """R1, R6: each order says for itself where it stands."""
    desk = open_desk(desk.shop, undo_seconds=0)
    panel = desk.open(new_agent(desk.shop), desk.customer())
    dialog = opened(panel, ActionKind.REFUND, subscribed_charge.id)
    desk.shop.account.act(subscribed_charge.external_id, "dispute")
    typed = wish(dialog, amount="1.00", reason="duplicate", also_cancel="now")
    result = panel.post("orders", **typed)
    refund, cancel = intents(desk)
    for each in (refund, cancel):
        desk.shop.send(each)
    texts = [panel.get(f"orders/{each.id}").text for each in (refund, cancel)]
    assert result.text.count("data-result") == 2
    assert "Not done" in texts[0]
    assert "Subscription cancelled" in texts[1]


# --- Invoices and details ---
def test_an_open_invoice_is_sent_again_or_voided(
    desk: Desk, panel: Panel, customer: GatewayCustomer
) -> None:
    """R4: number and amount stand in the sentence, the amount on the button."""
    made = desk.shop.account.make(
        "invoice", customer=customer.external_id, status="open", amount=4200
    )
    desk.shop.sync(*wishes.CATALOG)
    with scoping.tenant(desk.shop.tenant.id):
        invoice = GatewayInvoice.objects.get(external_id=made["id"])
    dialog = opened(panel, ActionKind.SEND_INVOICE, invoice.id)
    assert "Send invoice over EUR\u00a042.00</button>" in dialog.text
    assert customer.email in dialog.text
    panel.post("orders", **wish(dialog))
    desk.shop.send(intents(desk)[0])
    dialog = opened(panel, ActionKind.VOID_INVOICE, invoice.id)
    assert "no longer owed" in dialog.text
    panel.post("orders", **wish(dialog, reason="goodwill"))
    assert desk.shop.send(intents(desk)[1]).state == IntentState.SUCCEEDED
    assert f'id="invoice-{invoice.id}"' not in panel.get("card").text


def test_tax_details_are_corrected(desk: Desk, panel: Panel, customer: GatewayCustomer) -> None:
    dialog = opened(panel, ActionKind.UPDATE_TAX_DETAILS, customer.id)
    lone = panel.post("orders", **wish(dialog, tax_id="IT12345678903", tax_id_type=""))
    assert lone.status == 422
    assert "belong together" in lone.text
    typed: dict[str, Any] = {
        "name": "Officine Bianchi",
        "line1": "Via Roma 1",
        "city": "Torino",
        "postal_code": "10121",
        "country": "IT",
        "tax_id_type": "eu_vat",
        "tax_id": "IT12345678903",
    }
    panel.post("orders", **wish(dialog, **typed))
    (intent,) = intents(desk)
    assert desk.shop.send(intent).state == IntentState.SUCCEEDED
    fresh = opened(panel, ActionKind.UPDATE_TAX_DETAILS, customer.id)
    assert fresh.value("city") == "Torino"
    assert fresh.value("tax_id") == "IT12345678903"
    # What is on file already is not deleted and made again.
    panel.post("orders", **wish(fresh, city="Milano"))
    again = intents(desk)[1].order["details"]
    assert (again["tax_id"], again["replaces"], again["address"]["city"]) == ("", [], "Milano")


def test_what_was_done_in_part_never_reads_as_failed(shop: Shop, customer: GatewayCustomer) -> None:
    """S9, R6, R13: what was done and what was not, on the panel and in the note for the ticket."""
    desk = open_desk(shop, undo_seconds=60, note_url="https://desk.example/notes")
    panel = desk.open(new_agent(shop), desk.customer())
    dialog = opened(panel, ActionKind.UPDATE_TAX_DETAILS, customer.id)
    panel.post("orders", **wish(dialog, tax_id_type="eu_vat", tax_id="IT12345678903"))
    (intent,) = intents(desk)
    account = desk.shop.account
    account.fault("rate_limited", method="POST", path_regex="/customers/[^/]+$", times=1, delay_s=1)
    assert desk.shop.send(intent).state == IntentState.READY
    time.sleep(1.1)
    account.request("DELETE", f"/v1/customers/{intent.target_id}")
    assert desk.shop.send(intent).state == IntentState.FAILED

    result = panel.get(f"orders/{intent.id}")

    assert 'data-state="partly_done"' in result.text
    assert "<span>Done in part</span>" in result.text
    assert "<span>Not done</span>" not in result.text
    assert "No money was moved" not in result.text
    both = "Done: adding the new tax id.", "Not done: saving name and address."
    shown, _, note = result.text.partition("<textarea")
    for text in both:
        assert text in shown
        assert text in note
    assert "Reply to the customer" not in result.text


def test_using_another_card_says_what_it_will_pay(
    desk: Desk, panel: Panel, customer: GatewayCustomer, subscription: Subscription
) -> None:
    """R1, R4: nothing is charged now; the card chosen pays what runs and what comes."""
    new = desk.shop.account.make("payment_method", customer=customer.external_id, last4="5556")
    # The provider's clock knows whole seconds: within the one of the last reading, the default
    # card of the new subscription would be seen right before sending only, and stop the order.
    time.sleep(1.1)
    assert 'data-deed="use_payment_method"' in panel.get("card").text
    dialog = opened(panel, ActionKind.USE_PAYMENT_METHOD, customer.id)
    assert "•••• 5556" in dialog.text

    foreign = panel.post("orders", **wish(dialog, payment_method="pm_of_somebody"))
    assert foreign.status == 422
    assert 'href="#field-payment_method"' in foreign.text
    assert not intents(desk)

    result = panel.post("orders", **wish(dialog, payment_method=new["id"]))
    assert "The change of the card is about to be sent" in result.text
    (intent,) = intents(desk)
    assert intent.order["details"] == {
        "payment_method": new["id"],
        "subscriptions": [subscription.external_id],
    }
    assert desk.shop.send(intent).state == IntentState.SUCCEEDED
    done = panel.get(f"orders/{intent.id}").text
    assert "Card changed" in done
    assert "from now on your payments are taken from your" in done
    assert "•••• 5556" in done.partition("Reply to the customer")[2]
    fresh = desk.shop.customer(customer.external_id)
    assert fresh.default_payment_method == new["id"]


def test_a_card_update_link_is_made(desk: Desk, panel: Panel, customer: GatewayCustomer) -> None:
    dialog = opened(panel, ActionKind.REQUEST_CARD_UPDATE, customer.id)
    panel.post("orders", **wish(dialog))
    (intent,) = intents(desk)
    desk.shop.send(intent)
    shown = panel.get(f"orders/{intent.id}").text
    assert "Card update link is ready" in shown
    assert "you can change your card on this page" in shown


def test_every_dialog_opens_in_italian(
    desk: Desk, customer: GatewayCustomer, subscription: Subscription
) -> None:
    """X7: none of them speaks English to an Italian agent."""
    panel = desk.open(new_agent(desk.shop), desk.customer(), language="it")
    for action, object_id, words in (
        (ActionKind.CHARGE, customer.id, "Addebita"),
        (ActionKind.CHANGE_SUBSCRIPTION, subscription.id, "abbonamento"),
    ):
        assert words in opened(panel, action, object_id).text


def test_prices_of_other_connections_are_not_offered(
    desk: Desk, panel: Panel, customer: GatewayCustomer
) -> None:
    wishes.price(desk.shop, 2900)
    with scoping.tenant(desk.shop.tenant.id):
        price = Price.objects.get(amount_minor=2900)
        Price.objects.filter(pk=price.pk).update(is_active=False)
    desk.shop.sync(ObjectKind.SUBSCRIPTION)
    dialog = opened(panel, ActionKind.CREATE_SUBSCRIPTION, customer.id)
    assert price.external_id not in dialog.text
