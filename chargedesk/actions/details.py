"""Resolves what an order says besides object and amount: nothing is left for the gateway (M1).

Every id is checked against what is stored of this very connection and customer, so that neither a
page nor a program can name somebody else's card or price.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from chargedesk.actions.database_clock import database_now
from chargedesk.actions.errors import ActionDeniedError
from chargedesk.actions.extras import asked_lines, own_words
from chargedesk.actions.refusals import CANCELLABLE
from chargedesk.actions.targets import Target
from chargedesk.ledger.models import (
    Charge,
    Coupon,
    GatewayCustomer,
    PaymentMethod,
    Price,
    Subscription,
)
from gateways.capabilities import ActionKind
from gateways.snapshots import Interval

ADDRESS = ("line1", "line2", "city", "postal_code", "state", "country")
_LONGEST = 500
_LARGEST_QUANTITY = 1_000_000

Details = Mapping[str, Any]


def resolved_details(target: Target, given: Details) -> dict[str, Any]:
    """All details of an order, as `Order.details` names them. ActionDeniedError, with the field."""
    resolve = _RESOLVERS.get(target.action)
    return resolve(target, given) if resolve else {}


def price_choices(target: Target) -> list[Price]:
    """The recurring prices of a connection that can be subscribed to."""
    rows = Price.objects.select_related("product").filter(
        connection_id=target.connection.id, is_active=True, is_deleted=False
    )
    return list(rows.exclude(interval=Interval.ONCE).order_by("product__name", "amount_minor"))


def coupon_choices(target: Target) -> list[Coupon]:
    """The coupons of a connection that can still be given."""
    rows = Coupon.objects.filter(
        connection_id=target.connection.id, is_valid=True, is_deleted=False
    )
    return list(rows.order_by("name", "external_id"))


def payment_methods(target: Target) -> list[PaymentMethod]:
    """The cards and accounts on file of the order's customer, the default one first."""
    rows = PaymentMethod.objects.filter(gateway_customer_id=target.owner_id, is_deleted=False)
    default = _customer_of(target).default_payment_method
    return sorted(rows.order_by("-occurred_at"), key=lambda each: each.external_id != default)


def prorations_of(target: Target) -> tuple[str, ...]:
    """How a gateway can bill the difference of a change, its usual way first."""
    offered = target.adapter.capabilities.change_subscription
    return offered.prorations if offered else ("next_invoice",)


def _payment(target: Target, given: Details) -> dict[str, Any]:
    return {
        "payment_method": _payment_method(target, given),
        "description": _text(given, "description"),
        **own_words(target, given),
    }


def _request_payment(target: Target, given: Details) -> dict[str, Any]:
    lines = asked_lines(target, given)
    names = ", ".join(line["description"] for line in lines.get("lines", ()))
    description = _text(given, "description") or names[:_LONGEST]
    if not description:
        raise _refused("description_missing", _("Say what the payment is for."), "description")
    return {
        "description": description,
        "return_url": _return_url(),
        **lines,
        **own_words(target, given),
    }


def _create_subscription(target: Target, given: Details) -> dict[str, Any]:
    coupon = given.get("coupon", "")
    if coupon:
        _insist_on_coupon(target, coupon)
    price = _price(target, given)
    return {
        "price": price.external_id,
        "quantity": _whole(given, "quantity", 1),
        "trial_days": _whole(given, "trial_days", 0),
        "coupon": coupon,
        "payment_method": _payment_method(target, given),
        **own_words(target, given),
        **_cost(price),
    }


def _change_subscription(target: Target, given: Details) -> dict[str, Any]:
    subscription = _subscription_of(target)
    item = _item(subscription, given)
    price = str(item.get("price_id") or "")
    # What runs keeps its amount, whatever its price costs by now.
    cost = {"unit_minor": item.get("amount_minor"), "currency": subscription.currency}
    if given.get("price", price) != price:
        chosen = _price(target, given)
        if chosen.currency != subscription.currency:
            text = _("The subscription is in %(currency)s.") % {"currency": subscription.currency}
            raise _refused("currency_mismatch", text, "price")
        price, cost = chosen.external_id, _cost(chosen)
    quantity = _whole(given, "quantity", int(item.get("quantity") or 1))
    offered = prorations_of(target)
    prorate = given.get("prorate", offered[0])
    if prorate not in offered:
        raise _refused("unknown_choice", _("Choose how the difference is billed."), "prorate")
    if (price, quantity) == (item.get("price_id"), item.get("quantity")):
        raise _refused("nothing_changes", _("Choose another price or quantity."), "price")
    return {
        "item": str(item.get("external_id") or ""),
        "price": price,
        "quantity": quantity,
        "prorate": prorate,
        "proration_at": _whole(given, "proration_at", int(database_now().timestamp())),
        **cost,
    }


def _resume(target: Target, _given: Details) -> dict[str, Any]:
    # A pause of the collection and one of the whole subscription end by different calls.
    return {"pause": _subscription_of(target).pause}


def _apply_coupon(target: Target, given: Details) -> dict[str, Any]:
    coupon = str(given.get("coupon", ""))
    _insist_on_coupon(target, coupon)
    kept = discounts_of(target)
    if any(each["coupon_id"] == coupon for each in kept):
        raise _refused("already_applied", _("This coupon is already applied."), "coupon")
    subscription = _subscription_of(target)
    owner = subscription.gateway_customer
    return {
        "coupon": coupon,
        "keep": [each["external_id"] for each in kept],
        "customer": owner.external_id if owner else "",
        "currency": subscription.currency,
    }


def _remove_coupon(target: Target, given: Details) -> dict[str, Any]:
    known = discounts_of(target)
    wanted = given.get("discount") or (known[0]["external_id"] if len(known) == 1 else "")
    if wanted not in {each["external_id"] for each in known}:
        raise _refused("unknown_discount", _("Choose the coupon to remove."), "discount")
    keep = [each["external_id"] for each in known if each["external_id"] != wanted]
    return {"discount": wanted, "keep": keep}


def _tax_details(target: Target, given: Details) -> dict[str, Any]:
    customer = _customer_of(target)
    address = given.get("address", customer.address)
    kinds = _kinds_of_tax_id(target)
    kind, number = _text(given, "tax_id_type"), _text(given, "tax_id")
    if number and kind not in kinds:
        raise _refused("unknown_tax_id_type", _("Choose the kind of tax id."), "tax_id_type")
    # Without a new one the tax ids stay, unless the caller says that they go.
    is_replaced = bool(number) or bool(given.get("removes_tax_id"))
    return {
        "name": _text(given, "name") or customer.name,
        "address": {part: str(address.get(part) or "") for part in ADDRESS},
        "tax_id_type": kind if number else "",
        "tax_id": number,
        "replaces": [each["external_id"] for each in tax_ids_of(target)] if is_replaced else [],
    }


def _use_payment_method(target: Target, given: Details) -> dict[str, Any]:
    """All that still runs is paid by it, too: that is what “use this card” means to people."""
    running = Subscription.objects.filter(
        gateway_customer_id=target.thing.id, status__in=CANCELLABLE, is_deleted=False
    )
    return {
        "payment_method": _payment_method(target, given),
        "subscriptions": list(running.order_by("pk").values_list("external_id", flat=True)),
    }


def _card_update(target: Target, _given: Details) -> dict[str, Any]:
    return {"currency": currency_of(target), "return_url": _return_url()}


_RESOLVERS: Mapping[ActionKind, Callable[[Target, Details], dict[str, Any]]] = {
    ActionKind.CHARGE: _payment,
    ActionKind.AUTHORIZE: _payment,
    ActionKind.REQUEST_PAYMENT: _request_payment,
    ActionKind.CREATE_SUBSCRIPTION: _create_subscription,
    ActionKind.CHANGE_SUBSCRIPTION: _change_subscription,
    ActionKind.RESUME_SUBSCRIPTION: _resume,
    ActionKind.APPLY_COUPON: _apply_coupon,
    ActionKind.REMOVE_COUPON: _remove_coupon,
    ActionKind.UPDATE_TAX_DETAILS: _tax_details,
    ActionKind.REQUEST_CARD_UPDATE: _card_update,
    ActionKind.USE_PAYMENT_METHOD: _use_payment_method,
}


def currency_of(target: Target) -> str:
    """The currency a customer pays in: the gateway's word, or that of the newest payment."""
    customer = _customer_of(target)
    if customer.currency:
        return str(customer.currency)
    charges = Charge.objects.filter(gateway_customer_id=customer.id).order_by("-occurred_at")
    return charges.values_list("currency", flat=True).first() or "EUR"


def discounts_of(target: Target) -> list[dict[str, str]]:
    """The coupons a subscription has now: {external_id, coupon_id}."""
    return [dict(each) for each in _subscription_of(target).discounts]


def tax_ids_of(target: Target) -> list[dict[str, str]]:
    """The tax ids a customer has now: {external_id, type, value}."""
    return [dict(each) for each in _customer_of(target).tax_ids or ()]


def _customer_of(target: Target) -> GatewayCustomer:
    assert isinstance(target.thing, GatewayCustomer)  # noqa: S101  the table of subjects says so
    return target.thing


def _subscription_of(target: Target) -> Subscription:
    assert isinstance(target.thing, Subscription)  # noqa: S101  the table of subjects says so
    return target.thing


def _payment_method(target: Target, given: Details) -> str:
    """The one named, or the default one; always said out loud, since a default may change.

    Where the tenant's own system acts and no card is known here, it is empty: that system knows.
    """
    known = [each.external_id for each in payment_methods(target)]
    wanted = given.get("payment_method") or next(iter(known), "")
    if not wanted and not target.chooses_card:
        return ""
    if wanted not in known:
        raise _refused(
            "unknown_payment_method",
            _("This card is not on file for this customer."),
            "payment_method",
        )
    return str(wanted)


def _price(target: Target, given: Details) -> Price:
    wanted = given.get("price", "")
    found = next((each for each in price_choices(target) if each.external_id == wanted), None)
    if found is None:
        raise _refused("unknown_price", _("Choose a price of this gateway."), "price")
    return found


def _cost(price: Price) -> dict[str, Any]:
    """What was shown: prices of some gateways change."""
    return {"unit_minor": price.amount_minor, "currency": price.currency}


def _insist_on_coupon(target: Target, coupon: str) -> None:
    if coupon not in {each.external_id for each in coupon_choices(target)}:
        raise _refused("unknown_coupon", _("Choose a coupon that is still valid."), "coupon")


def _item(subscription: Subscription, given: Details) -> dict[str, Any]:
    items: list[dict[str, Any]] = list(subscription.items)
    wanted = given.get("item") or (items[0].get("external_id") if len(items) == 1 else "")
    found = next((each for each in items if each.get("external_id") == wanted), None)
    if found is None:
        raise _refused("unknown_item", _("Choose which line changes."), "item")
    return found


def _kinds_of_tax_id(target: Target) -> tuple[str, ...]:
    offered = target.adapter.capabilities.update_tax_details
    return offered.tax_id_types if offered else ()


def _text(given: Details, name: str) -> str:
    return str(given.get(name) or "").strip()[:_LONGEST]


def _whole(given: Details, name: str, otherwise: int) -> int:
    value = given.get(name, otherwise)
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > _most(name):
        raise _refused("not_a_number", _("Write a whole number."), name)
    return value


def _most(name: str) -> int:
    return 2**40 if name == "proration_at" else _LARGEST_QUANTITY


def _return_url() -> str:
    return f"{settings.BASE_URL}/billing/done/"


def _refused(reason: str, message: str, parameter: str) -> ActionDeniedError:
    return ActionDeniedError(message, reason=reason, parameter=parameter)
