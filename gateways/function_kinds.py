"""What each action is like when a tenant's own system carries it out: one row per action.

What it is about and may make, how its amount is called, what shows that it was done, and its
limits where the gateway has none because it does not do it itself.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chargedesk.kit.money import Money
from gateways.capabilities import (
    ActionKind,
    CancelCapability,
    CaptureCapability,
    ChangeSubscriptionCapability,
    CreateSubscriptionCapability,
    PlainCapability,
    Proof,
    RefundCapability,
    TaxDetailsCapability,
    VoidCapability,
)
from gateways.contract import Order
from gateways.snapshots import (
    AnySnapshot,
    ChargeSnapshot,
    ChargeStatus,
    CustomerSnapshot,
    InvoiceSnapshot,
    InvoiceStatus,
    ObjectKind,
    RefundSnapshot,
    RefundStatus,
    SubscriptionSnapshot,
    SubscriptionStatus,
)

# Nothing to look with, and nobody vouches for the keys of a system we do not know (M7).
BLIND = Proof(key_life=None, looks_up=False)
# Enough to tell kinds of tax ids apart where the gateway has no words for them.
_TAX_IDS = ("eu_vat", "gb_vat", "ch_vat", "us_ein", "other")
# The name of an object's id in a call and in its answer.
ID_NAMES: Mapping[ObjectKind, str] = {
    ObjectKind.CHARGE: "transaction_id",
    ObjectKind.CUSTOMER: "customer_id",
    ObjectKind.SUBSCRIPTION: "subscription_id",
    ObjectKind.INVOICE: "invoice_id",
    ObjectKind.REFUND: "refund_id",
}
# Whether a picture shows that an order was done; None if it does not tell of such a thing.
Shows = Callable[[Order, AnySnapshot], bool | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionKind:
    """One action as a function of the tenant's own system.

    Attributes:
        about: the object in the call.
        makes: the object the answer must name, if one is made.
        amount: how the amount is called in the call; it is written as a JSON number.
        gives_url: the answer is a page for the customer.
        shows: reads the outcome off the object it is about; None where nothing of it is to be seen.
        limits: the capability where the gateway does not do it itself.
    """

    about: ObjectKind
    limits: Any
    makes: ObjectKind | None = None
    amount: str = ""
    gives_url: bool = False
    shows: Shows | None = None


def id_named(answer: Mapping[str, Any], kind: ObjectKind) -> str:
    """The id of the object of this kind in an answer, empty if it names none."""
    told = answer.get(kind.value)
    named = told.get(ID_NAMES[kind]) if isinstance(told, Mapping) else None
    return named if isinstance(named, str) else ""


def made_state(order: Order, made: AnySnapshot) -> str:
    """The outcome that the object an order made shows; empty if it is not what was ordered."""
    if isinstance(made, RefundSnapshot):
        is_ordered = _is_of_charge(order, made)
        return _REFUND_STATES.get(made.status, "") if is_ordered else ""
    if not isinstance(made, ChargeSnapshot | SubscriptionSnapshot):
        return ""
    if made.customer_id != order.target_id:
        return ""
    if isinstance(made, ChargeSnapshot):
        told = Money.of(made.amount_minor, made.currency)
        return _CHARGE_STATES[order.action].get(made.status, "") if told == order.money else ""
    is_ordered = _has_price(order, made) is not False and made.status in _BEGUN
    return "succeeded" if is_ordered else ""


def _is_of_charge(order: Order, refund: RefundSnapshot) -> bool:
    is_of_charge = refund.charge_id == order.target_id
    is_of_root = bool(order.payment_id) and refund.payment_id == order.payment_id
    told = Money.of(refund.amount_minor, refund.currency)
    return (is_of_charge or is_of_root) and told == order.money


def _captured(order: Order, seen: AnySnapshot) -> bool | None:
    if not isinstance(seen, ChargeSnapshot):
        return None
    return seen.status in _TAKEN and Money.of(seen.captured_minor, seen.currency) == order.money


def _voided(_order: Order, seen: AnySnapshot) -> bool | None:
    return seen.status is ChargeStatus.CANCELED if isinstance(seen, ChargeSnapshot) else None


def _canceled(order: Order, seen: AnySnapshot) -> bool | None:
    if not isinstance(seen, SubscriptionSnapshot):
        return None
    is_over = seen.status in {SubscriptionStatus.CANCELED, SubscriptionStatus.EXPIRED}
    return seen.cancels_at_period_end if order.at_period_end else is_over


def _changed(order: Order, seen: AnySnapshot) -> bool | None:
    return _has_price(order, seen) if isinstance(seen, SubscriptionSnapshot) else None


def _has_price(order: Order, seen: SubscriptionSnapshot) -> bool | None:
    """Price and quantity of one line; None where the gateway tells of no lines."""
    wanted = (order.details.get("price"), order.details.get("quantity", 1))
    lines = {(each.price_id, each.quantity) for each in seen.items}
    return wanted in lines if lines else None


def _paused(_order: Order, seen: AnySnapshot) -> bool | None:
    if not isinstance(seen, SubscriptionSnapshot):
        return None
    return bool(seen.pause) or seen.status is SubscriptionStatus.PAUSED


def _resumed(_order: Order, seen: AnySnapshot) -> bool | None:
    if not isinstance(seen, SubscriptionSnapshot):
        return None
    return not seen.pause and seen.status in _RUNNING


def _discounted(order: Order, seen: AnySnapshot) -> bool | None:
    if not isinstance(seen, SubscriptionSnapshot):
        return None
    coupons = {*seen.coupon_ids, *(each.get("coupon_id") for each in seen.discounts)}
    return order.details.get("coupon") in coupons


def _undiscounted(order: Order, seen: AnySnapshot) -> bool | None:
    if not isinstance(seen, SubscriptionSnapshot):
        return None
    return order.details.get("discount") not in {each["external_id"] for each in seen.discounts}


def _invoice_voided(_order: Order, seen: AnySnapshot) -> bool | None:
    return seen.status is InvoiceStatus.VOID if isinstance(seen, InvoiceSnapshot) else None


def _corrected(order: Order, seen: AnySnapshot) -> bool | None:
    """By the tax id: addresses are written differently by everybody."""
    number = order.details.get("tax_id")
    if not isinstance(seen, CustomerSnapshot) or seen.tax_ids is None or not number:
        return None
    return number in {each.get("value") for each in seen.tax_ids}


def _pays_with(order: Order, seen: AnySnapshot) -> bool | None:
    if not isinstance(seen, CustomerSnapshot) or not seen.default_payment_method:
        return None
    return bool(seen.default_payment_method == order.details.get("payment_method"))


_TAKEN = frozenset({ChargeStatus.SUCCEEDED, ChargeStatus.PARTIALLY_REFUNDED, ChargeStatus.REFUNDED})
_RUNNING = frozenset(
    {SubscriptionStatus.ACTIVE, SubscriptionStatus.TRIALING, SubscriptionStatus.PAST_DUE}
)
_BEGUN = _RUNNING | {SubscriptionStatus.PENDING}
_REFUND_STATES = {RefundStatus.SUCCEEDED: "succeeded", RefundStatus.PENDING: "pending"}
_REFUSED = {ChargeStatus.FAILED: "failed"}
_CHARGE_STATES: Mapping[ActionKind, Mapping[ChargeStatus, str]] = {
    ActionKind.CHARGE: {
        ChargeStatus.SUCCEEDED: "succeeded",
        ChargeStatus.PENDING: "pending",
        **_REFUSED,
    },
    ActionKind.AUTHORIZE: {ChargeStatus.AUTHORIZED: "succeeded", **_REFUSED},
}
_PLAIN = PlainCapability(proof=BLIND)
_OF_CHARGE, _OF_CUSTOMER = ObjectKind.CHARGE, ObjectKind.CUSTOMER
_OF_SUBSCRIPTION, _OF_INVOICE = ObjectKind.SUBSCRIPTION, ObjectKind.INVOICE

FUNCTION_KINDS: Mapping[ActionKind, FunctionKind] = {
    ActionKind.REFUND: FunctionKind(
        about=_OF_CHARGE,
        limits=RefundCapability(proof=BLIND),
        makes=ObjectKind.REFUND,
        amount="refund_amount",
    ),
    ActionKind.CAPTURE: FunctionKind(
        about=_OF_CHARGE,
        limits=CaptureCapability(proof=BLIND),
        amount="capture_amount",
        shows=_captured,
    ),
    ActionKind.VOID: FunctionKind(
        about=_OF_CHARGE, limits=VoidCapability(proof=BLIND), shows=_voided
    ),
    ActionKind.CHARGE: FunctionKind(
        about=_OF_CUSTOMER, limits=_PLAIN, makes=_OF_CHARGE, amount="charge_amount"
    ),
    ActionKind.AUTHORIZE: FunctionKind(
        about=_OF_CUSTOMER, limits=_PLAIN, makes=_OF_CHARGE, amount="authorize_amount"
    ),
    ActionKind.REQUEST_PAYMENT: FunctionKind(
        about=_OF_CUSTOMER, limits=_PLAIN, amount="request_amount", gives_url=True
    ),
    ActionKind.CREATE_SUBSCRIPTION: FunctionKind(
        about=_OF_CUSTOMER,
        limits=CreateSubscriptionCapability(proof=BLIND),
        makes=_OF_SUBSCRIPTION,
    ),
    ActionKind.CHANGE_SUBSCRIPTION: FunctionKind(
        about=_OF_SUBSCRIPTION,
        # What another system will bill, the gateway cannot tell beforehand.
        limits=ChangeSubscriptionCapability(proof=BLIND, previews=False),
        shows=_changed,
    ),
    ActionKind.PAUSE_SUBSCRIPTION: FunctionKind(
        about=_OF_SUBSCRIPTION, limits=_PLAIN, shows=_paused
    ),
    ActionKind.RESUME_SUBSCRIPTION: FunctionKind(
        about=_OF_SUBSCRIPTION, limits=_PLAIN, shows=_resumed
    ),
    ActionKind.CANCEL_SUBSCRIPTION: FunctionKind(
        about=_OF_SUBSCRIPTION, limits=CancelCapability(proof=BLIND), shows=_canceled
    ),
    ActionKind.APPLY_COUPON: FunctionKind(about=_OF_SUBSCRIPTION, limits=_PLAIN, shows=_discounted),
    ActionKind.REMOVE_COUPON: FunctionKind(
        about=_OF_SUBSCRIPTION, limits=_PLAIN, shows=_undiscounted
    ),
    ActionKind.SEND_INVOICE: FunctionKind(about=_OF_INVOICE, limits=_PLAIN),
    ActionKind.VOID_INVOICE: FunctionKind(about=_OF_INVOICE, limits=_PLAIN, shows=_invoice_voided),
    ActionKind.UPDATE_TAX_DETAILS: FunctionKind(
        about=_OF_CUSTOMER,
        limits=TaxDetailsCapability(proof=BLIND, tax_id_types=_TAX_IDS),
        shows=_corrected,
    ),
    ActionKind.REQUEST_CARD_UPDATE: FunctionKind(about=_OF_CUSTOMER, limits=_PLAIN, gives_url=True),
    ActionKind.USE_PAYMENT_METHOD: FunctionKind(
        about=_OF_CUSTOMER, limits=_PLAIN, shows=_pays_with
    ),
}
AMOUNTS: Mapping[ActionKind, str] = {
    action: kind.amount for action, kind in FUNCTION_KINDS.items() if kind.amount
}
