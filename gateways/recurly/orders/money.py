"""Freezes orders that move money: a refund of an invoice, a charge of what is on file."""

from gateways.contract import FrozenStep, Order
from gateways.errors import UnsupportedError
from gateways.recurly.client import Method
from gateways.recurly.mapping.values import marked_payment, marked_refund
from gateways.recurly.orders.parts import (
    address_of,
    customer_of,
    frozen_amount,
    named,
    needed,
    positive,
    text,
)

# Recurly takes no reason; ours stays with us.
REFUND_REASONS = dict.fromkeys(
    (
        "duplicate",
        "requested_by_customer",
        "not_as_described",
        "service_problem",
        "goodwill",
        "fraud",
        "other",
    ),
    "",
)


def refund(order: Order) -> FrozenStep:
    """Give a part of an invoice back."""
    body: dict[str, object] = {
        "type": "amount",
        "amount": frozen_amount(positive(order)),
        # Said out loud: the default differs between sites, and credit is no refund to a card.
        "refund_method": "transaction_first",
        "credit_customer_notes": marked_refund(order.intent_id),
    }
    path = address_of("/invoices", _invoice_of(order), "/refund")
    return FrozenStep(name="refund", method=Method.POST.name, path=path, body=body)


def charge(order: Order) -> FrozenStep:
    """Take money by the billing info named.

    Tax and credit on the account would change what is taken, so they are switched off: what was
    ordered is what is paid.
    """
    money = positive(order)
    line: dict[str, object] = {
        "type": "charge",
        "currency": money.currency.code,
        "unit_amount": frozen_amount(money),
        "quantity": 1,
        "tax_exempt": True,
    }
    description = text(order, "description")
    body: dict[str, object] = {
        "currency": money.currency.code,
        "account": {"id": customer_of(order)},
        "billing_info_id": needed(order, "payment_method"),
        "collection_method": "automatic",
        "credit_application_policy_override": {"mode": "none"},
        "line_items": [line | {"description": description} if description else line],
        "customer_notes": marked_payment(order.intent_id),
    }
    return FrozenStep(name="charge", method=Method.POST.name, path="/purchases", body=body)


def _invoice_of(order: Order) -> str:
    if not order.payment_id or order.payment_id == order.target_id:
        raise UnsupportedError("Recurly refunds invoices, and this payment has none.")
    return named(order.payment_id)
