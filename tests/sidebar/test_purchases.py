"""A purchase known twice on the card, and why something a gateway does not do is not offered."""

import re
from datetime import timedelta

import pytest

from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.ledger.models import Charge, GatewayCustomer, Subscription
from tests.actions.mall import Mall, open_mall
from tests.conftest import Running
from tests.sidebar.desk import Panel, new_agent, open_desk

pytestmark = pytest.mark.usefixtures("committed_db", "no_helping_worker")


@pytest.fixture
def mall(sandbox: Running) -> Mall:
    """A shop, and the Stripe account behind it."""
    return open_mall(sandbox.url)


def _panel(mall: Mall, email: str) -> Panel:
    desk = open_desk(mall.outer, undo_seconds=60)
    customer = {"email": email, "name": "Gina Guest", "email_verified": True}
    return desk.open(new_agent(mall.outer), customer)


def _same_person(mall: Mall, charge: str, order: str) -> str:
    """Let one person be whom both records name; returns the address."""
    with scoping.tenant(mall.tenant.id):
        records = GatewayCustomer.objects.filter(
            pk__in=Charge.objects.filter(external_id__in=[charge, order]).values(
                "gateway_customer_id"
            )
        )
        buyer = records.get(connection=mall.outer.connection)
        records.update(customer_id=buyer.customer_id, home_id=buyer.customer_id)
    return str(buyer.email)


def _pay(mall: Mall) -> tuple[str, str]:
    order, charge = mall.buy(3000)
    mall.read("inner", "outer")
    return order, charge


def test_the_card_shows_and_counts_it_once(mall: Mall) -> None:
    """M10: with where it was paid through; the inner record is not a line of its own."""
    order, charge = _pay(mall)
    text = _panel(mall, _same_person(mall, charge, order)).get("card").text
    assert len(re.findall(r'<details class="charge"', text)) == 1
    assert f"Paid through {mall.inner.connection.label}" in text
    assert 'data-deed="refund"' in text
    assert "EUR\u00a030.00" in text
    assert "EUR\u00a060.00" not in text


def test_what_went_back_inside_only_is_said(mall: Mall) -> None:
    order, charge = mall.buy(3000)
    mall.inner.account.act(charge, "dashboard_refund", amount=3000)
    mall.read("inner", "outer")
    panel = _panel(mall, _same_person(mall, charge, order))
    text = panel.get("card").text
    assert f"went back in {mall.inner.connection.label} only" in text
    assert 'data-deed="refund"' not in text
    assert "Refunded" in text


def test_another_persons_card_shows_the_inner_record_with_where_it_belongs(mall: Mall) -> None:
    """The payer may have written with another address than the buyer."""
    payer = mall.inner.account.make("customer", email="payer@example.net")["id"]
    charge = str(mall.inner.account.make("charge", amount=3000, customer=payer)["id"])
    order = mall.order_for(charge, 3000)
    mall.read("inner", "outer")
    inner = mall.inner.charge(charge)
    panel = _panel(mall, "payer@example.net")
    text = panel.get("card").text
    outer = mall.outer.charge(order)
    assert f"Part of {outer.description}" in text
    assert 'data-deed="refund"' not in text
    assert str(outer.id) in text
    details = panel.get(f"charges/{inner.id}").text
    assert mall.outer.connection.label in details
    # Somebody who asks for the dialog all the same is told as well.
    dialog = panel.get("dialog", action="refund", object=str(inner.id)).text
    assert str(outer.id) in dialog


def test_the_dialog_counts_what_went_back_inside(mall: Mall) -> None:
    order, charge = mall.buy(3000)
    mall.inner.account.act(charge, "dashboard_refund", amount=1000)
    mall.read("inner", "outer")
    panel = _panel(mall, _same_person(mall, charge, order))
    dialog = panel.get("dialog", action="refund", object=str(mall.outer.charge(order).id))
    assert dialog.value("amount") == "20.00"


def test_a_fresh_payment_says_that_it_is_refunded_and_not_voided(mall: Mall) -> None:
    mall.outer.account.make("charge", amount=3000)
    mall.read("outer")
    panel = _panel(mall, "guest@example.net")
    assert "WooCommerce: a captured payment cannot be voided, only refunded." in (
        panel.get("card").text
    )


def test_a_hold_that_cannot_be_captured_here_says_so(mall: Mall) -> None:
    mall.outer.account.make(
        "charge",
        amount=3000,
        status="on-hold",
        meta={"_stripe_charge_captured": "no"},
    )
    mall.read("outer")
    text = _panel(mall, "guest@example.net").get("card").text
    assert "WooCommerce does not do this from here: Capture, Release the hold." in text
    assert 'data-deed="capture"' not in text


def test_a_subscription_that_ends_at_once_only_says_so(sandbox: Running) -> None:
    paypal = open_mall(sandbox.url, "woocommerce", "paypal")
    charge = _old_paypal_payment(paypal)
    panel = _panel(paypal, str(charge.gateway_customer and charge.gateway_customer.email))
    text = panel.get("card").text
    assert "The 180 days in which this gateway refunds are over." in text
    assert "PayPal: a subscription ends at once, not with the paid period." in text
    # Resuming what runs, or removing a coupon that is not there, nobody looks for.
    assert "PayPal does not do this from here: Change plan, Apply a coupon." in text
    assert "PayPal does not do this from here: Charge a card, Authorize an amount" in text


def _old_paypal_payment(mall: Mall) -> Charge:
    """A payment older than PayPal refunds, and a subscription, of one person."""
    yesterday = int(clock.now().timestamp()) - 86_400
    charge = mall.inner.account.make("charge", created=yesterday)
    mall.inner.account.make("subscription")
    mall.read("inner")
    with scoping.tenant(mall.tenant.id):
        found = Charge.objects.select_related("gateway_customer").get(external_id=charge["id"])
        Subscription.objects.update(gateway_customer_id=found.gateway_customer_id)
        Charge.objects.filter(pk=found.pk).update(
            occurred_at=clock.now() - timedelta(days=200), status="succeeded"
        )
    return found
