"""Reads single objects with what belongs to them."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from typing import Any
from urllib.parse import quote

from chargedesk.kit import clock
from gateways.contract import Credentials
from gateways.errors import CredentialsError, NotFoundError, UnsupportedError
from gateways.paypal.client import Answer, get, is_live
from gateways.paypal.mapping import Obj, Seen, billing, nested, payments, refusing_misshapen
from gateways.paypal.mapping import report as rows
from gateways.paypal.mapping.amounts import money_in
from gateways.paypal.mapping.people import payers
from gateways.paypal.mapping.values import time_of, up_id
from gateways.paypal.report import rows_between
from gateways.snapshots import (
    OPEN_DISPUTES,
    AnySnapshot,
    DisputeSnapshot,
    ObjectKind,
    RefundSnapshot,
    SubscriptionSnapshot,
)

CAPTURES, AUTHORIZATIONS = "/v2/payments/captures", "/v2/payments/authorizations"
REFUNDS, SALES, ORDERS = "/v2/payments/refunds", "/v1/payments/sale", "/v2/checkout/orders"
DISPUTES, SUBSCRIPTIONS = "/v1/customer/disputes", "/v1/billing/subscriptions"
_ID = re.compile(r"^[A-Za-z0-9-]{3,64}$")
_NEAR = timedelta(hours=12)
MOST_DISPUTES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A charge as PayPal shows it, with everything that tells about it.

    Attributes:
        folder: which of PayPal's three kinds of payment it is.
        as_of: of the oldest of the answers it is put together from.
        has_order: an order told about it, which shows every change at once.
        captures: for an authorization, what was taken of it.
    """

    obj: dict[str, Any]
    folder: str
    as_of: datetime
    raw: bytes
    beside: payments.Beside
    has_order: bool = False
    refunds: tuple[RefundSnapshot, ...] = ()
    disputes: tuple[DisputeSnapshot, ...] = ()
    captures: tuple[dict[str, Any], ...] = ()

    def snapshots(self) -> tuple[AnySnapshot, ...]:
        """The charge first, what belongs to it after."""
        seen = Seen(as_of=self.as_of, raw=self.raw)
        if self.folder != AUTHORIZATIONS:
            maps = payments.sale if self.folder == SALES else payments.capture
            return (maps(self.obj, seen, self.beside), *self.refunds, *self.disputes)
        return (
            payments.authorization(self.obj, seen, self.beside),
            payments.payment(self.obj, seen, self.beside),
        )


@dataclass(slots=True)
class _Order:
    """What the order of a payment tells: who paid, what was taken, what went back."""

    obj: dict[str, Any] = field(default_factory=dict)
    as_of: datetime | None = None

    def listed(self, name: str) -> list[dict[str, Any]]:
        units = self.obj.get("purchase_units") or ()
        return [each for unit in units for each in (unit.get("payments") or {}).get(name) or ()]

    @property
    def description(self) -> str:
        units = self.obj.get("purchase_units") or [{}]
        return units[0].get("description") or ""


@refusing_misshapen
def read(credentials: Credentials, kind: ObjectKind, external_id: str) -> tuple[AnySnapshot, ...]:
    """Read one object again, itself first. NotFoundError, also for ids that are not PayPal's."""
    reader = _READERS.get(kind)
    if reader is None:
        raise UnsupportedError(f"PayPal has no {kind}.")
    found = _each_once(reader(credentials, named(external_id)))
    return (*found, *payers(found))


def named(external_id: str) -> str:
    """An id as part of a path; NotFoundError for one that would lead elsewhere."""
    if not _ID.match(external_id):
        raise NotFoundError("PayPal has no such object in this account.")
    return quote(external_id, safe="")


def find_charge(
    credentials: Credentials, charge_id: str, *, deadline: float | None = None
) -> Found:
    """A payment with all that tells about it; PayPal does not say of an id what it names."""
    for folder in (CAPTURES, AUTHORIZATIONS, SALES):
        try:
            answer = get(credentials, f"{folder}/{named(charge_id)}", deadline=deadline)
        except NotFoundError:
            continue
        if folder == AUTHORIZATIONS:
            return _authorization(credentials, answer, deadline)
        return _taken(credentials, folder, answer, deadline)
    raise NotFoundError("PayPal has no such payment in this account.")


def _taken(credentials: Credentials, folder: str, answer: Answer, deadline: float | None) -> Found:
    obj = answer.object()
    order = _order_of(credentials, obj, deadline)
    refunds, beside, as_of = (
        _by_order(order, obj) if order.obj else _by_report(credentials, obj, answer.as_of)
    )
    disputes = disputes_of(credentials, obj["id"], deadline=deadline)
    is_disputed = any(each.status in OPEN_DISPUTES for each in disputes)
    gone = sum(each.amount_minor for each in refunds if each.status not in payments.GONE)
    return Found(
        obj=obj,
        folder=folder,
        as_of=min(answer.as_of, as_of),
        raw=answer.body,
        beside=payments.Beside(
            **beside,
            refunded_minor=gone,
            is_disputed=is_disputed,
            is_live=is_live(credentials),
        ),
        has_order=bool(order.obj),
        refunds=refunds,
        disputes=disputes,
    )


def _authorization(credentials: Credentials, answer: Answer, deadline: float | None) -> Found:
    obj = answer.object()
    order = _order_of(credentials, obj, deadline)
    captures = tuple(
        each for each in order.listed("captures") if up_id(each, "authorizations") == obj["id"]
    )
    taken = sum(
        money_in(each["amount"]).minor
        for each in captures
        if each["status"] not in payments.UNTAKEN
    )
    return Found(
        obj=obj,
        folder=AUTHORIZATIONS,
        as_of=min(answer.as_of, order.as_of or answer.as_of),
        raw=answer.body,
        beside=payments.Beside(
            payer=order.obj.get("payer") or {},
            refunded_minor=taken,
            description=order.description,
            is_live=is_live(credentials),
        ),
        has_order=bool(order.obj),
        captures=captures,
    )


def _order_of(credentials: Credentials, obj: Obj, deadline: float | None) -> _Order:
    related = (obj.get("supplementary_data") or {}).get("related_ids") or {}
    order_id = related.get("order_id") or up_id(obj, "orders")
    if not order_id:
        return _Order()
    try:
        answer = get(credentials, f"{ORDERS}/{named(order_id)}", deadline=deadline)
    except (NotFoundError, CredentialsError):
        # Old orders go, and the right to read them may be missing: then the report tells.
        return _Order()
    return _Order(answer.object(), answer.as_of)


_Told = tuple[tuple[RefundSnapshot, ...], dict[str, Any], datetime]


def _by_order(order: _Order, obj: Obj) -> _Told:
    as_of = order.as_of or clock.now()
    refunds = tuple(
        payments.refund(each, nested(each, as_of), charge_id=obj["id"])
        for each in order.listed("refunds")
        if up_id(each, "captures") == obj["id"]
    )
    return (
        refunds,
        {"payer": order.obj.get("payer") or {}, "description": order.description},
        as_of,
    )


def _by_report(credentials: Credentials, obj: Obj, as_of: datetime) -> _Told:
    """Without an order only the report, hours behind, tells who paid and what went back."""
    made = time_of(obj["create_time"])
    try:
        own = next(
            (
                row
                for row, _ in rows_between(
                    credentials, made - _NEAR, made + _NEAR, {"transaction_id": obj["id"]}
                )
            ),
            {},
        )
        refunds = refund_rows(credentials, obj["id"], made) if _is_touched(obj) else ()
    except CredentialsError:
        own, refunds = {}, ()
    if not own:
        return refunds, {"payer": _subscriber(credentials, obj)}, as_of
    info = own["transaction_info"]
    beside = {
        "payer": rows.payer_of(own),
        "description": info.get("transaction_subject") or "",
        "subscription_id": rows.subscription_of(info),
        "invoice_id": (own.get("cart_info") or {}).get("paypal_invoice_id") or "",
    }
    return refunds, beside, as_of


def _subscriber(credentials: Credentials, obj: Obj) -> Obj:
    """Who pays a sale, as its subscription says while the report does not show it yet."""
    subscription_id = obj.get("billing_agreement_id")
    if not subscription_id:
        return {}
    try:
        found = get(credentials, f"{SUBSCRIPTIONS}/{named(str(subscription_id))}").object()
    except (NotFoundError, CredentialsError):
        return {}
    subscriber: Obj = found.get("subscriber") or {}
    return subscriber


def _is_touched(obj: Obj) -> bool:
    word = str(obj.get("status") or obj.get("state") or "")
    return "REFUNDED" in word.upper()


def refund_rows(
    credentials: Credentials, charge_id: str, since: datetime
) -> tuple[RefundSnapshot, ...]:
    """The refunds of one payment that the report knows."""
    return tuple(
        rows.refund(row, nested(row, as_of))
        for row, as_of in rows_between(
            credentials, since, clock.now(), {"transaction_type": rows.REFUND}
        )
        if row["transaction_info"].get("paypal_reference_id") == charge_id
    )


def disputes_of(
    credentials: Credentials, charge_id: str, *, deadline: float | None = None
) -> tuple[DisputeSnapshot, ...]:
    """All disputes of a payment; none where the app may not see disputes."""
    try:
        answer = get(
            credentials,
            DISPUTES,
            deadline=deadline,
            params={"disputed_transaction_id": charge_id, "page_size": str(MOST_DISPUTES)},
        )
    except CredentialsError as error:
        if not error.missing:
            raise
        return ()
    return tuple(
        dispute_snapshot(credentials, each["dispute_id"], deadline=deadline)
        for each in answer.object().get("items") or ()
    )


def dispute_snapshot(
    credentials: Credentials, dispute_id: str, *, deadline: float | None = None
) -> DisputeSnapshot:
    """A dispute; lists show it without the payment it is about."""
    answer = get(credentials, f"{DISPUTES}/{named(dispute_id)}", deadline=deadline)
    return payments.dispute(answer.object(), Seen(as_of=answer.as_of, raw=answer.body))


def fetch_refund(credentials: Credentials, refund_id: str) -> tuple[dict[str, Any], RefundSnapshot]:
    """A refund by its id."""
    answer = get(credentials, f"{REFUNDS}/{named(refund_id)}")
    obj = answer.object()
    return obj, payments.refund(obj, Seen(as_of=answer.as_of, raw=answer.body))


def fetch_subscription(
    credentials: Credentials, subscription_id: str, *, deadline: float | None = None
) -> tuple[dict[str, Any], SubscriptionSnapshot]:
    """A subscription with its plan, without which it has no price."""
    answer = get(
        credentials,
        f"{SUBSCRIPTIONS}/{named(subscription_id)}",
        deadline=deadline,
        params={"fields": "plan,last_failed_payment"},
    )
    obj = answer.object()
    return obj, billing.subscription(obj, Seen(as_of=answer.as_of, raw=answer.body))


def _charge(credentials: Credentials, charge_id: str) -> Iterable[AnySnapshot]:
    found = find_charge(credentials, charge_id)
    return chain(found.snapshots(), _held_again(credentials, found))


def _held_again(credentials: Credentials, found: Found) -> Iterable[AnySnapshot]:
    """The hold of a capture that took nothing: no news but the capture's tells that it is open."""
    hold_id = up_id(found.obj, "authorizations")
    if not hold_id or found.obj.get("status") not in payments.UNTAKEN:
        return ()
    try:
        return find_charge(credentials, hold_id).snapshots()
    except NotFoundError:
        # The capture may be younger than PayPal shows its hold.
        return ()


def _payment(credentials: Credentials, payment_id: str) -> Iterable[AnySnapshot]:
    answer = get(credentials, f"{AUTHORIZATIONS}/{payment_id}")
    charge, root = _authorization(credentials, answer, None).snapshots()
    return (root, charge)


def _refund(credentials: Credentials, refund_id: str) -> Iterable[AnySnapshot]:
    _, snapshot = fetch_refund(credentials, refund_id)
    belongings = _charge(credentials, snapshot.charge_id) if snapshot.charge_id else ()
    return chain((snapshot,), belongings)


def _dispute(credentials: Credentials, dispute_id: str) -> Iterable[AnySnapshot]:
    snapshot = dispute_snapshot(credentials, dispute_id)
    try:
        belongings = _charge(credentials, snapshot.charge_id)
    except NotFoundError:
        # What is disputed may be older than PayPal shows.
        belongings = ()
    return chain((snapshot,), belongings)


def _subscription(credentials: Credentials, subscription_id: str) -> Iterable[AnySnapshot]:
    return (fetch_subscription(credentials, subscription_id)[1],)


def _plain(
    path: str, maps: Callable[[Obj, Seen], AnySnapshot]
) -> Callable[[Credentials, str], Iterable[AnySnapshot]]:
    def reader(credentials: Credentials, external_id: str) -> Iterable[AnySnapshot]:
        answer = get(credentials, f"{path}/{external_id}")
        return (maps(answer.object(), Seen(as_of=answer.as_of, raw=answer.body)),)

    return reader


def _each_once(found: Iterable[AnySnapshot]) -> tuple[AnySnapshot, ...]:
    unique: dict[tuple[type, str], AnySnapshot] = {}
    for each in found:
        unique.setdefault((type(each), each.external_id), each)
    return tuple(unique.values())


PLAIN_PATHS = {
    ObjectKind.PRODUCT: "/v1/catalogs/products",
    ObjectKind.PRICE: "/v1/billing/plans",
    ObjectKind.INVOICE: "/v2/invoicing/invoices",
}
PLAIN_MAPS: dict[ObjectKind, Callable[[Obj, Seen], AnySnapshot]] = {
    ObjectKind.PRODUCT: billing.product,
    ObjectKind.PRICE: billing.plan,
    ObjectKind.INVOICE: billing.invoice,
}
_READERS: dict[ObjectKind, Callable[[Credentials, str], Iterable[AnySnapshot]]] = {
    ObjectKind.CHARGE: _charge,
    ObjectKind.PAYMENT: _payment,
    ObjectKind.REFUND: _refund,
    ObjectKind.DISPUTE: _dispute,
    ObjectKind.SUBSCRIPTION: _subscription,
    **{kind: _plain(PLAIN_PATHS[kind], PLAIN_MAPS[kind]) for kind in PLAIN_PATHS},
}
