"""Taking money by API: charge or authorize a card on file, subscribe, ask for a payment."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.parameters import Nested, StrictInput, body_input
from api.schema import ordering
from api.v1 import formats, known
from api.v1.charge_output import charges_json
from api.v1.charges import complete_charges
from api.v1.gateway_methods import MoneyView, ordered, wish_of
from api.v1.order_input import AmountText, LineInput, SoldInput, parsed_sum
from api.v1.shapes import PRODUCT_CHARGE_ANSWER
from api.v1.subscription_output import subscriptions_json
from api.v1.subscriptions import complete_subscriptions
from api.v1.view import caller_key
from chargedesk.actions.models import ActionIntent
from chargedesk.base import scoping
from chargedesk.base.errors import InvalidInputError
from chargedesk.kit.money import LARGEST_MINOR, AmountError, Money
from chargedesk.ledger.models import GatewayCustomer, Price
from chargedesk.tenants.models import ApiKey
from gateways.capabilities import ActionKind

CARD, INVOICE = "card", "invoice"


class CustomerInput(StrictInput):
    """Who pays."""

    id = serializers.CharField(required=False, max_length=255)


class ProductChargeInput(known.ConnectionInput):
    """What `/gateway/products/charge` takes."""

    using = serializers.ChoiceField(choices=(CARD, INVOICE))
    customer = CustomerInput(required=False)
    contact = serializers.EmailField(
        required=False, help_text="With using=invoice: the customer's e-mail, instead of an id."
    )
    amount = AmountText(required=False)
    currency = serializers.CharField(required=False, max_length=3, min_length=3)
    description = serializers.CharField(required=False, allow_blank=True, max_length=200)
    link_only = serializers.BooleanField(
        required=False, help_text="With using=invoice: must be 1, sending the link is yours."
    )
    product = SoldInput(required=False)
    payment_method = serializers.CharField(
        required=False, max_length=255, help_text="The gateway's id; else the default one."
    )
    capture = serializers.BooleanField(
        required=False, default=True, help_text="0 holds the amount, to be captured later."
    )
    lines = LineInput(
        many=True, required=False, help_text="With using=invoice: what is asked for, one by one."
    )
    metadata = serializers.DictField(
        child=serializers.CharField(max_length=500, allow_blank=True),
        required=False,
        help_text="Kept on the charge or subscription, where the gateway can.",
    )
    log_reason = serializers.CharField(required=False, allow_blank=True, max_length=500)


class ProductChargeView(MoneyView):
    """POST /v1/gateway/products/charge."""

    @ordering(
        "chargeProduct",
        "Charge a card on file, subscribe, or ask for a payment",
        body=ProductChargeInput,
        answer=PRODUCT_CHARGE_ANSWER,
    )
    def post(self, request: Request) -> Response:
        """Take money from a customer, or make the link on which they pay."""
        values = body_input(ProductChargeInput, request)
        key = caller_key(request)
        with scoping.tenant(key.tenant_id):
            customer = _customer(values)
            action, more = _order(values, customer)
        wish = wish_of(request, action, customer.id, values, **more)
        return ordered(wish, lambda intent: _shown(intent, key))


def _order(values: Nested, customer: GatewayCustomer) -> tuple[ActionKind, dict[str, Any]]:
    """Which of the four orders this is, with amount and details."""
    if values["using"] == INVOICE:
        return ActionKind.REQUEST_PAYMENT, _request(values)
    if "product" in values:
        return ActionKind.CREATE_SUBSCRIPTION, _subscription(values, customer)
    action = ActionKind.CHARGE if values["capture"] else ActionKind.AUTHORIZE
    if "lines" in values:
        raise InvalidInputError(_("This goes with using=invoice only."), parameter="lines")
    details = {"description": values.get("description", ""), **_method(values), **_words(values)}
    return action, {"amount": _amount(values), "details": details}


def _request(values: Nested) -> dict[str, Any]:
    if "product" in values or "payment_method" in values:
        name = "product" if "product" in values else "payment_method"
        raise InvalidInputError(_("This goes with using=card only."), parameter=name)
    if not values.get("link_only"):
        text = _("Nothing is e-mailed for you: send link_only=1 and pass the link on yourself.")
        raise InvalidInputError(text, parameter="link_only")
    details = {"description": values.get("description", ""), **_words(values)}
    if not values.get("lines"):
        return {"amount": _amount(values), "details": details}
    lines, total = _lines(values)
    return {"amount": total, "details": details | {"lines": lines}}


def _lines(values: Nested) -> tuple[list[dict[str, Any]], Money]:
    """The lines, and their sum, which `amount` may only repeat."""
    if "currency" not in values:
        raise InvalidInputError(_("This parameter is needed."), parameter="currency")
    code = values["currency"].upper()
    units = [parsed_sum(line["amount"], code) for line in values["lines"]]
    lines = [
        {
            "description": line["description"],
            "amount_minor": unit.minor,
            "quantity": line["quantity"],
            "currency": code,
        }
        for line, unit in zip(values["lines"], units, strict=True)
    ]
    total = Money.of(sum(line["amount_minor"] * line["quantity"] for line in lines), code)
    if total.minor > LARGEST_MINOR:
        raise AmountError(_("The amount is too large."), parameter="lines")
    if "amount" in values and parsed_sum(values["amount"], code) != total:
        text = _("The lines add up to %(total)s.") % {"total": total}
        raise InvalidInputError(text, parameter="amount")
    return lines, total


def _subscription(values: Nested, customer: GatewayCustomer) -> dict[str, Any]:
    sold = values["product"]
    details = {
        "price": _price(values, sold, customer.connection_id),
        "quantity": sold.get("quantity", 1),
        "trial_days": sold.get("trial_period_days", 0),
        "coupon": sold.get("coupon", ""),
        **_method(values),
        **_words(values),
    }
    return {"details": details}


def _price(values: Nested, sold: Nested, connection_id: UUID) -> str:
    """The gateway's price: by its id or its product's, or the one that costs just this."""
    if "trial_end" in sold:
        text = _("A trial is so many days: give product[trial_period_days].")
        raise InvalidInputError(text, parameter="product[trial_end]")
    if sold.get("billing_cycles_total"):
        text = _("A subscription renews until it is cancelled.")
        raise InvalidInputError(text, parameter="product[billing_cycles_total]")
    rows = Price.objects.filter(
        connection_id=connection_id, is_active=True, is_deleted=False
    ).exclude(interval="once")
    if "id" in sold:
        own = rows.filter(external_id=sold["id"])
        found = own if own.exists() else rows.filter(product__external_id=sold["id"])
        name = "product[id]"
    elif "interval" in sold:
        amount = _amount(values)
        found = rows.filter(
            amount_minor=amount.minor,
            currency=amount.currency.code,
            interval=sold["interval"],
            interval_count=sold.get("interval_count", 1),
        )
        name = "product[interval]"
    else:
        raise InvalidInputError(_("Name the price with product[id]."), parameter="product[id]")
    known_prices = list(found.values_list("external_id", flat=True)[:2])
    if not known_prices:
        text = _("This gateway has no such price. No price is made for you: add it there first.")
        raise InvalidInputError(text, parameter=name)
    if len(known_prices) > 1:
        text = _("Not exactly one price of this gateway is like that; name it with product[id].")
        raise InvalidInputError(text, parameter=name)
    return str(known_prices[0])


def _customer(values: Nested) -> GatewayCustomer:
    rows = GatewayCustomer.objects.filter(is_deleted=False)
    wanted = values.get("customer", {}).get("id")
    if wanted:
        return known.by_external_id(rows, wanted, values.get("gateway_id"))
    if values["using"] == CARD or "contact" not in values:
        raise InvalidInputError(_("Name the customer."), parameter="customer[id]")
    rows = rows.filter(email__iexact=values["contact"])
    if "gateway_id" in values:
        rows = rows.filter(connection_id=values["gateway_id"])
    found = list(rows.exclude(external_id__startswith="guest:")[:2])
    if len(found) != 1:
        text = _("Not exactly one customer has this address; name them with customer[id].")
        raise InvalidInputError(text, parameter="contact")
    return found[0]


def _amount(values: Nested) -> Money:
    for name in ("amount", "currency"):
        if name not in values:
            raise InvalidInputError(_("This parameter is needed."), parameter=name)
    return parsed_sum(values["amount"], values["currency"].upper())


def _method(values: Nested) -> dict[str, str]:
    return {"payment_method": values["payment_method"]} if "payment_method" in values else {}


def _words(values: Nested) -> dict[str, Any]:
    return {"metadata": dict(values["metadata"])} if values.get("metadata") else {}


def _shown(intent: ActionIntent, key: ApiKey) -> dict[str, Any]:
    """What came of it: charge, subscription, link; null for what is not there (yet)."""
    charge = complete_charges().filter(intent_id=intent.id).order_by("-occurred_at").first()
    subscription = (
        complete_subscriptions()
        .filter(connection_id=intent.connection_id, external_id=intent.result_id)
        .first()
        if intent.action == ActionKind.CREATE_SUBSCRIPTION and intent.result_id
        else None
    )
    return {
        "charge": charges_json([charge], key)[0] if charge else None,
        "subscription": subscriptions_json([subscription], key)[0] if subscription else None,
        "pay_link": formats.text(intent.result_url),
        "pay_link_expires": formats.unix(intent.result_expires_at),
    }
