"""Freezes orders that take money: a charge or authorization on file, a request, a card update."""

from typing import Any

from chargedesk.kit.money import Money
from gateways.contract import FrozenStep, Order
from gateways.errors import InvalidOrderError
from gateways.stripe.client import Method
from gateways.stripe.mapping.amounts import iso_code, stripe_amount
from gateways.stripe.orders.parts import birth_marks, customer_of, needed, positive, text

_PAYMENTS = "/v1/payment_intents"
_SESSIONS = "/v1/checkout/sessions"


def charge(order: Order) -> FrozenStep:
    """Take money from a payment method on file."""
    return _payment(order, name="charge", capture_method="automatic")


def authorize(order: Order) -> FrozenStep:
    """Hold money on a payment method on file, to be captured later."""
    return _payment(order, name="authorize", capture_method="manual")


def request_payment(order: Order) -> FrozenStep:
    """A page of Stripe's where this customer pays this amount."""
    money, what = positive(order), needed(order, "description")
    body: dict[str, object] = {
        **_session(order, mode="payment"),
        "submit_type": "pay",
        "line_items": _lines(order, money, what),
        # What is asked for is what is paid: no other currency, no rebate, no tax on top, whatever
        # the account's defaults are (M1).
        "adaptive_pricing": {"enabled": False},
        "allow_promotion_codes": False,
        "automatic_tax": {"enabled": False},
        "invoice_creation": {"enabled": False},
        "payment_intent_data": {
            "capture_method": "automatic",
            "description": what,
            # So that the payment tells which request it answers.
            "metadata": birth_marks(order),
        },
    }
    return _post("request_payment", _SESSIONS, body)


def request_card_update(order: Order) -> FrozenStep:
    """A page of Stripe's where this customer leaves another card."""
    body: dict[str, object] = {
        **_session(order, mode="setup"),
        "currency": iso_code(needed(order, "currency")).lower(),
        "setup_intent_data": {"metadata": birth_marks(order)},
    }
    return _post("request_card_update", _SESSIONS, body)


def _lines(order: Order, money: Money, what: str) -> list[dict[str, object]]:
    """What is asked for, one by one; without lines one thing of the whole amount."""
    given: Any = order.details.get("lines") or ()
    code = money.currency.code
    lines = [
        (str(each["description"]), Money.of(each["amount_minor"], code), int(each["quantity"]))
        for each in given
    ]
    asked = sum(unit.minor * quantity for _name, unit, quantity in lines)
    if lines and asked != money.minor:
        raise InvalidOrderError("The lines do not add up to the amount.", parameter="lines")
    return [_line(*line) for line in lines or [(what, money, 1)]]


def _line(name: str, unit: Money, quantity: int) -> dict[str, object]:
    return {
        "quantity": quantity,
        "price_data": {
            "currency": unit.currency.code.lower(),
            "unit_amount": stripe_amount(unit),
            "product_data": {"name": name},
        },
    }


def _payment(order: Order, *, name: str, capture_method: str) -> FrozenStep:
    money = positive(order)
    body: dict[str, object] = {
        "amount": stripe_amount(money),
        "currency": money.currency.code.lower(),
        "customer": customer_of(order),
        "payment_method": needed(order, "payment_method"),
        "capture_method": capture_method,
        "confirm": True,
        # The customer is not there: a payment they would have to confirm is refused, not left open.
        "off_session": True,
        "error_on_requires_action": True,
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        "metadata": birth_marks(order),
        "expand": ["latest_charge.balance_transaction"],
    }
    description = text(order, "description")
    if description:
        body["description"] = description
    return _post(name, _PAYMENTS, body)


def _session(order: Order, *, mode: str) -> dict[str, object]:
    # No `expires_at`: it would be a moment, and a frozen order may wait; Stripe gives 24 hours.
    back = needed(order, "return_url")
    return {
        "mode": mode,
        "ui_mode": "hosted_page",
        "customer": customer_of(order),
        "success_url": back,
        "cancel_url": back,
        "client_reference_id": str(order.intent_id),
        "metadata": birth_marks(order),
    }


def _post(name: str, path: str, body: dict[str, object]) -> FrozenStep:
    return FrozenStep(name=name, method=Method.POST.name, path=path, body=body)
