"""Reads single objects with what belongs to them."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from gateways.contract import Credentials
from gateways.errors import CredentialsError, NotFoundError, UnsupportedError
from gateways.snapshots import AnySnapshot, ObjectKind
from gateways.stripe.client import PAGE_LIMIT, Answer, get
from gateways.stripe.mapping import Obj, Seen, snapshot
from gateways.stripe.mapping.payments import stands_against_charge
from gateways.stripe.mapping.shape import refusing_misshapen
from gateways.stripe.mapping.values import ref

Found = list[tuple[dict[str, Any], Seen]]

PATHS = {
    ObjectKind.CUSTOMER: "/v1/customers",
    ObjectKind.PAYMENT_METHOD: "/v1/payment_methods",
    ObjectKind.PAYMENT: "/v1/payment_intents",
    ObjectKind.CHARGE: "/v1/charges",
    ObjectKind.REFUND: "/v1/refunds",
    ObjectKind.DISPUTE: "/v1/disputes",
    ObjectKind.FRAUD_WARNING: "/v1/radar/early_fraud_warnings",
    ObjectKind.PRODUCT: "/v1/products",
    ObjectKind.PRICE: "/v1/prices",
    ObjectKind.COUPON: "/v1/coupons",
    ObjectKind.SUBSCRIPTION: "/v1/subscriptions",
    ObjectKind.INVOICE: "/v1/invoices",
    ObjectKind.INVOICE_PAYMENT: "/v1/invoice_payments",
}
_EXPANDED = {
    ObjectKind.CHARGE: ("balance_transaction", "payment_intent", "refunds"),
    ObjectKind.DISPUTE: ("charge",),
    ObjectKind.INVOICE: ("payments",),
    ObjectKind.PAYMENT: ("latest_charge.balance_transaction",),
    ObjectKind.REFUND: ("charge.balance_transaction",),
    ObjectKind.SUBSCRIPTION: ("discounts",),
}


@refusing_misshapen
def read(credentials: Credentials, kind: ObjectKind, external_id: str) -> tuple[AnySnapshot, ...]:
    """Read one object again, itself first.

    NotFoundError, also for ids that never were Stripe's (guests).
    """
    obj, answer = fetch(credentials, kind, external_id)
    gather = _BELONGINGS.get(kind)
    if gather is not None:
        return _each_once(gather(credentials, obj, answer))
    return (snapshot(obj, Seen(as_of=answer.as_of, raw=answer.text.encode())),)


def _each_once(found: tuple[AnySnapshot, ...]) -> tuple[AnySnapshot, ...]:
    # A dispute comes twice, by itself and with the disputes of its charge.
    unique: dict[tuple[type, str], AnySnapshot] = {}
    for each in found:
        unique.setdefault((type(each), each.external_id), each)
    return tuple(unique.values())


def fetch(
    credentials: Credentials, kind: ObjectKind, external_id: str
) -> tuple[dict[str, Any], Answer]:
    """The raw object and the answer it came in."""
    params = {"expand": list(_EXPANDED[kind])} if kind in _EXPANDED else {}
    answer = get(credentials, path_of(kind, external_id), **params)
    return answer.object(), answer


def path_of(kind: ObjectKind, external_id: str) -> str:
    """The object's address; NotFoundError for an id that would lead elsewhere."""
    if kind not in PATHS:
        raise UnsupportedError(f"Stripe has no {kind}.")
    if not external_id.strip(".") or external_id.startswith("guest:"):
        raise NotFoundError("Stripe has no such object in this account.")
    return f"{PATHS[kind]}/{quote(external_id, safe='')}"


def all_items(credentials: Credentials, path: str, **params: Any) -> Found:
    """Every item of a list, all pages, each with its bytes and the time it was read."""
    return list(each_item(credentials, path, **params))


def each_item(
    credentials: Credentials, path: str, **params: Any
) -> Iterator[tuple[dict[str, Any], Seen]]:
    """The same one by one, newest first: a page is read when it is needed."""
    while True:
        answer = get(credentials, path, limit=PAGE_LIMIT, **params)
        has_more, items = answer.items()
        yield from ((obj, Seen(as_of=answer.as_of, raw=raw)) for obj, raw in items)
        if not has_more or not items:
            return
        params["starting_after"] = items[-1][0]["id"]


def disputes_of(credentials: Credentials, charge_id: str) -> Found:
    """All disputes of a charge."""
    return all_items(credentials, PATHS[ObjectKind.DISPUTE], charge=charge_id)


def stands(disputes: Found) -> bool:
    """Whether one of the disputes keeps its charge disputed."""
    return any(stands_against_charge(obj["status"]) for obj, _ in disputes)


def nested(obj: Obj, as_of: datetime, **replaced: object) -> Seen:
    """The picture of an object that came inside another, or without those that came inside it."""
    text = json.dumps({**obj, **replaced}, separators=(",", ":"), ensure_ascii=False)
    return Seen(as_of=as_of, raw=text.encode())


def charge_with_belongings(
    credentials: Credentials,
    obj: dict[str, Any],
    answer: Answer,
    *,
    looks_for_disputes: bool = False,
) -> tuple[AnySnapshot, ...]:
    """A charge read with its root and refunds.

    Its disputes too where it says it has some, or where asked.
    """
    disputes = (
        disputes_of(credentials, obj["id"]) if obj.get("disputed") or looks_for_disputes else []
    )
    refunds, root = obj.get("refunds"), obj.get("payment_intent")
    seen = nested(obj, answer.as_of, refunds=None, payment_intent=ref(root) or None)
    charge = replace(seen, open_dispute=stands(disputes), is_released=is_canceled(root))
    found: Found = [(obj, charge)]
    if isinstance(root, dict):
        found.append((root, nested(root, answer.as_of)))
    found += _refunds(credentials, obj["id"], refunds, answer.as_of)
    return tuple(snapshot(each, of) for each, of in found + disputes)


def _refunds(credentials: Credentials, charge_id: str, embedded: Any, as_of: datetime) -> Found:
    if not isinstance(embedded, dict) or embedded.get("has_more"):
        return all_items(credentials, PATHS[ObjectKind.REFUND], charge=charge_id)
    return [(each, nested(each, as_of)) for each in embedded["data"]]


def is_canceled(root: object) -> bool:
    """Whether this is a payment intent that was canceled, which ends its authorization."""
    return isinstance(root, dict) and root.get("status") == "canceled"


def charge_inside(
    credentials: Credentials, charge: Any, holder: dict[str, Any], as_of: datetime
) -> tuple[AnySnapshot, ...]:
    """The charge that came inside `holder`, if it came as a whole."""
    if not isinstance(charge, dict):
        return ()
    disputes = disputes_of(credentials, charge["id"]) if charge.get("disputed") else []
    is_released = holder["object"] == "payment_intent" and is_canceled(holder)
    picture = replace(nested(charge, as_of), open_dispute=stands(disputes), is_released=is_released)
    return (snapshot(charge, picture), *(snapshot(obj, of) for obj, of in disputes))


def _with_charge(
    field: str,
) -> Callable[[Credentials, dict[str, Any], Answer], tuple[AnySnapshot, ...]]:
    def gather(
        credentials: Credentials, obj: dict[str, Any], answer: Answer
    ) -> tuple[AnySnapshot, ...]:
        charge = obj.get(field)
        own = nested(obj, answer.as_of, **{field: ref(charge) or None})
        return (snapshot(obj, own), *charge_inside(credentials, charge, obj, answer.as_of))

    return gather


def _customer(
    credentials: Credentials, obj: dict[str, Any], answer: Answer
) -> tuple[AnySnapshot, ...]:
    if not obj.get("deleted"):
        tax_ids = _of_customer(credentials, obj, "tax_ids")
        listed = None if tax_ids is None else {"data": [each for each, _ in tax_ids]}
        obj = {**obj, "tax_ids": listed}
    own = snapshot(obj, Seen(as_of=answer.as_of, raw=answer.text.encode()))
    methods = None if own.deleted else _of_customer(credentials, obj, "payment_methods")
    return (own, *(snapshot(each, seen) for each, seen in methods or ()))


def _of_customer(credentials: Credentials, obj: Obj, what: str) -> Found | None:
    """What hangs on a customer; None where the key may not see it.

    A restricted key may show customers and hide their cards; the customer is still worth having.
    """
    try:
        return all_items(credentials, f"{path_of(ObjectKind.CUSTOMER, obj['id'])}/{what}")
    except CredentialsError:
        return None


def _invoice(
    credentials: Credentials, obj: dict[str, Any], answer: Answer
) -> tuple[AnySnapshot, ...]:
    payments = obj.get("payments") or {}
    own = snapshot(obj, nested(obj, answer.as_of, payments=None))
    return (own, *(snapshot(each, nested(each, answer.as_of)) for each in payments.get("data", ())))


_BELONGINGS: dict[
    ObjectKind, Callable[[Credentials, dict[str, Any], Answer], tuple[AnySnapshot, ...]]
] = {
    ObjectKind.CHARGE: charge_with_belongings,
    ObjectKind.CUSTOMER: _customer,
    ObjectKind.DISPUTE: _with_charge("charge"),
    ObjectKind.INVOICE: _invoice,
    ObjectKind.PAYMENT: _with_charge("latest_charge"),
    ObjectKind.REFUND: _with_charge("charge"),
}
