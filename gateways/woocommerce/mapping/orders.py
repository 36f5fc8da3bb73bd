"""Orders and their refunds as charges and refunds; an order is its own money root."""

from datetime import timedelta

from gateways.errors import PayloadError
from gateways.snapshots import ChargeSnapshot, ChargeStatus, RefundSnapshot, RefundStatus
from gateways.woocommerce.mapping.amounts import iso_code, iso_minor
from gateways.woocommerce.mapping.values import (
    REQUEST_KEY,
    Obj,
    Seen,
    created,
    full_name,
    ident,
    known,
    meta,
    meta_marker,
    plain_reason,
    reason_marker,
    reference,
    when,
)

GUEST = "guest:"
# Not orders yet: a basket that somebody may still leave.
DRAFTS = frozenset({"checkout-draft", "auto-draft", "draft"})
# While money was not taken. An order that was paid is paid whatever its place in the shop's work.
_UNPAID = {
    "pending": ChargeStatus.PENDING,
    "on-hold": ChargeStatus.PENDING,
    "processing": ChargeStatus.PENDING,
    "completed": ChargeStatus.PENDING,
    "failed": ChargeStatus.FAILED,
    "cancelled": ChargeStatus.CANCELED,
    "trash": ChargeStatus.CANCELED,
    "refunded": ChargeStatus.REFUNDED,
    **dict.fromkeys(DRAFTS, ChargeStatus.PENDING),
}
_PAID = _UNPAID | {
    "pending": ChargeStatus.SUCCEEDED,
    "on-hold": ChargeStatus.SUCCEEDED,
    "processing": ChargeStatus.SUCCEEDED,
    "completed": ChargeStatus.SUCCEEDED,
    "cancelled": ChargeStatus.SUCCEEDED,
}
_AUTHORIZING = (
    ("_stripe_charge_captured", "no"),
    ("_intention_status", "requires_capture"),
    ("_ppcp_paypal_intent", "AUTHORIZE"),
)
# What tells which charge of a payment gateway stands behind the order.
_LINKS = (
    "_stripe_intent_id",
    "_stripe_customer_id",
    "_intent_id",
    "_charge_id",
    "_ppcp_paypal_order_id",
    "_wc_braintree_credit_card_trans_id",
)
# Payment plug-ins, by how their names begin, to the gateway whose charge `transaction_id` holds
# (reference A8). WooPayments is missing: nobody can connect the account it runs on.
_BEHIND = {
    "stripe": "stripe",
    "stripe_": "stripe",
    "ppcp-": "paypal",
    "braintree_": "braintree",
}
_NO_AMOUNT = "-"
# Longer than a shop waits for its payment gateway.
_UNDER_WAY = timedelta(minutes=2)
_MOST_ITEMS = 5
_LONGEST_TITLE = 40


def charge(obj: Obj, seen: Seen) -> ChargeSnapshot:
    """An order as a charge."""
    code, billing = iso_code(obj["currency"]), obj.get("billing") or {}
    total, back = iso_minor(obj["total"], code), refunded_minor(obj)
    email = str(billing.get("email") or "").strip().lower()
    is_paid = when(obj.get("date_paid_gmt")) is not None
    return ChargeSnapshot(
        external_id=ident(obj),
        as_of=seen.as_of,
        created_at=created(obj, seen),
        raw=seen.raw,
        marker=meta_marker(obj, REQUEST_KEY),
        customer_id=reference(obj.get("customer_id")) or (f"{GUEST}{email}" if email else ""),
        customer_name=full_name(billing) or str(billing.get("company") or ""),
        customer_email=email,
        customer_phone=str(billing.get("phone") or ""),
        customer_country=str(billing.get("country") or ""),
        status=_status(obj, total=total, back=back, is_paid=is_paid),
        amount_minor=total,
        captured_minor=total if is_paid else 0,
        refunded_minor=back,
        currency=code,
        description=_description(obj),
        method_kind=str(obj.get("payment_method") or ""),
        # A plug-in's code says little; the shop's own words for it say what the customer chose.
        method_brand=str(obj.get("payment_method_title") or "")[:_LONGEST_TITLE],
        is_live=True,
        paid_through=_paid_through(obj),
        metadata=_metadata(obj),
    )


def refund(obj: Obj, seen: Seen, *, order_id: str, currency: str) -> RefundSnapshot:
    """A refund of an order.

    A row of ours whose payment the shop does not confirm may or may not have moved money, so it is
    unknown, and settles no order: it carries no marker until the shop confirms it.
    """
    code, marker = iso_code(currency), reason_marker(obj.get("reason"))
    is_confirmed = obj.get("refunded_payment") is True
    has_amount = bool(obj.get("amount"))
    is_known = is_confirmed or marker is None
    return RefundSnapshot(
        external_id=ident(obj),
        as_of=seen.as_of,
        created_at=created(obj, seen),
        raw=seen.raw,
        marker=marker if is_confirmed else None,
        charge_id=order_id,
        # Without our marker an unconfirmed one was entered by hand, as money given back elsewhere.
        status=RefundStatus.SUCCEEDED if is_known and has_amount else RefundStatus.UNKNOWN,
        amount_minor=iso_minor(obj["amount"], code) if has_amount else 0,
        currency=code,
        reason=plain_reason(obj.get("reason"))[:255],
    )


def is_under_way(obj: Obj, seen: Seen) -> bool:
    """Whether the shop may still be asking its payment gateway about this refund of ours.

    It deletes the row when the gateway refuses, so a picture of it must not be kept meanwhile.
    """
    if obj.get("refunded_payment") is True or reason_marker(obj.get("reason")) is None:
        return False
    return seen.as_of - created(obj, seen) < _UNDER_WAY


def refunded_minor(obj: Obj) -> int:
    """The sum of the order's refunds.

    A refund without an amount counts nothing, see `has_unclear_refund`.
    """
    totals = [str(each["total"]) for each in obj.get("refunds") or ()]
    return -sum(iso_minor(each, obj["currency"]) for each in totals if each != _NO_AMOUNT)


def has_unclear_refund(obj: Obj) -> bool:
    """Whether somebody refunded this order without an amount: nobody knows what that moved."""
    return any(str(each["total"]) == _NO_AMOUNT for each in obj.get("refunds") or ())


def _status(obj: Obj, *, total: int, back: int, is_paid: bool) -> ChargeStatus:
    table = _PAID if is_paid else _UNPAID
    status = known(table, obj["status"], field="order.status", fallback=ChargeStatus.UNKNOWN)
    if status is ChargeStatus.UNKNOWN:
        return status
    if 0 < total <= back:
        return ChargeStatus.REFUNDED
    if back > 0 and is_paid:
        return ChargeStatus.PARTIALLY_REFUNDED
    is_held = not is_paid and any(meta(obj, key) == value for key, value in _AUTHORIZING)
    return ChargeStatus.AUTHORIZED if is_held and obj["status"] == "on-hold" else status


def _description(obj: Obj) -> str:
    lines = (*(obj.get("line_items") or ()), *(obj.get("fee_lines") or ()))
    items = [str(each.get("name") or "") for each in lines]
    named = ", ".join(each for each in items[:_MOST_ITEMS] if each)
    number = f"#{obj.get('number') or obj['id']}"
    return (f"{number}: {named}" if named else number)[:500]


def _metadata(obj: Obj) -> dict[str, str]:
    told = {
        "order_number": str(obj.get("number") or ""),
        "payment_method_title": str(obj.get("payment_method_title") or ""),
        "transaction_id": str(obj.get("transaction_id") or ""),
        "woocommerce_status": str(obj["status"]),
        **{key: meta(obj, key) for key in _LINKS},
    }
    return {key: value for key, value in told.items() if value}


def _paid_through(obj: Obj) -> str:
    """The charge at the payment gateway behind the shop, as its plug-in noted it."""
    plugin, number = str(obj.get("payment_method") or ""), str(obj.get("transaction_id") or "")
    behind = next(
        (
            gateway
            for name, gateway in _BEHIND.items()
            if plugin == name or (name[-1] in "_-" and plugin.startswith(name))
        ),
        "",
    )
    number = number or (meta(obj, "_stripe_intent_id") if behind == "stripe" else "")
    return f"{behind}:{number}" if behind and number else ""


def checked_parent(obj: Obj) -> str:
    """The order of a refund in the shop-wide list; PayloadError if it does not say."""
    parent = reference(obj.get("parent_id"))
    if not parent:
        raise PayloadError("The shop sent a refund without its order.")
    return parent
