"""Reads single objects with what belongs to them."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote

from gateways.contract import Credentials
from gateways.errors import CredentialsError, DeclinedError, NotFoundError, UnsupportedError
from gateways.recurly.client import PAGE_LIMIT, Answer, follow, get
from gateways.recurly.documents import Sliced, written
from gateways.recurly.mapping import Obj, Seen, prices_of, snapshot
from gateways.recurly.mapping.payments import CHARGED, is_refund, is_voided_by_refund
from gateways.recurly.mapping.values import ref, refusing_misshapen
from gateways.snapshots import AnySnapshot, ObjectKind

PATHS = {
    ObjectKind.CUSTOMER: "/accounts",
    ObjectKind.PAYMENT: "/invoices",
    ObjectKind.CHARGE: "/transactions",
    ObjectKind.REFUND: "/transactions",
    ObjectKind.PRODUCT: "/plans",
    ObjectKind.PRICE: "/plans",
    ObjectKind.COUPON: "/coupons",
    ObjectKind.SUBSCRIPTION: "/subscriptions",
    ObjectKind.INVOICE: "/invoices",
}
PAST_DUE = "past_due"
# Whoever has this token is signed in as the customer; it is fetched when needed and never kept.
_LOGIN = "hosted_login_token"

Rows = list[tuple[Obj, Seen]]


@refusing_misshapen
def read(credentials: Credentials, kind: ObjectKind, external_id: str) -> tuple[AnySnapshot, ...]:
    """Read one object again, itself first.

    NotFoundError, also for ids that never were Recurly's (guests).
    """
    if kind not in PATHS:
        raise UnsupportedError(f"Recurly's {kind} comes with its customer.")
    if kind is ObjectKind.PRICE:
        return _price(credentials, external_id)
    answer = get(credentials, path_of(kind, external_id))
    return _READERS[kind](credentials, answer.object(), answer)


def path_of(kind: ObjectKind, external_id: str) -> str:
    """The object's address; NotFoundError for an id that would lead elsewhere."""
    if not external_id.strip(".") or external_id.startswith("guest:"):
        raise NotFoundError("Recurly has no such object in this site.")
    return f"{PATHS[kind]}/{quote(external_id, safe='')}"


def all_items(credentials: Credentials, path: str, **query: str) -> Rows:
    """Every item of a list, all pages, each with its bytes and the time it was read."""
    return _all_pages(credentials, path, limit=str(PAGE_LIMIT), **query)


def _all_pages(credentials: Credentials, path: str, **query: str) -> Rows:
    found: Rows = []
    answer = get(credentials, path, **query)
    while True:
        link, items = answer.items()
        found += [(obj, Seen(as_of=answer.as_of, raw=raw)) for obj, raw in items]
        if not link:
            return found
        answer = follow(credentials, link, expected=path)


def by_ids(credentials: Credentials, path: str, ids: Iterable[str]) -> dict[str, Obj]:
    """The objects of these ids, where they exist, by id; one call for each 200 of them."""
    wanted = sorted({each for each in ids if each})
    found: dict[str, Obj] = {}
    for start in range(0, len(wanted), PAGE_LIMIT):
        some = ",".join(wanted[start : start + PAGE_LIMIT])
        found |= {obj["id"]: obj for obj, _ in all_items(credentials, path, ids=some)}
    return found


def refund_transactions(credentials: Credentials, account_id: str) -> Rows:
    """Every refund transaction of an account."""
    path = f"/accounts/{quote(account_id, safe='')}/transactions"
    return all_items(credentials, path, type="refund")


def refund_rows(credentials: Credentials, charge: Obj) -> Rows:
    """The refund transactions of one charge, each with the credit invoice that may be marked."""
    account = ref(charge.get("account"))
    rows = [
        (obj, seen)
        for obj, seen in (refund_transactions(credentials, account) if account else ())
        if obj.get("original_transaction_id") == charge["id"]
    ]
    return with_credits(credentials, rows)


def with_credits(credentials: Credentials, rows: Rows) -> Rows:
    """The same refunds, each with its credit invoice: only there stands our marker."""
    credits_ = by_ids(credentials, PATHS[ObjectKind.INVOICE], (credit_of(obj) for obj, _ in rows))
    return [(obj, replace(seen, credit=credits_.get(credit_of(obj), {}))) for obj, seen in rows]


def with_bills(credentials: Credentials, rows: Rows) -> Rows:
    """Charges, each with the invoice it paid: only there stands our marker."""
    bills = by_ids(
        credentials, PATHS[ObjectKind.INVOICE], (ref(obj.get("invoice")) for obj, _ in rows)
    )
    return [(obj, replace(seen, bill=bills.get(ref(obj.get("invoice")), {}))) for obj, seen in rows]


def credit_of(refund: Obj) -> str:
    """The id of the credit invoice that a refund belongs to."""
    is_void = is_voided_by_refund(refund)
    return ref(refund.get("voided_by_invoice" if is_void else "invoice"))


def refunds_of(credentials: Credentials, charge: Obj, seen: Seen) -> Rows:
    """All that went back of a charge, the void of an unsettled one included."""
    voided = with_credits(credentials, [(charge, seen)]) if is_voided_by_refund(charge) else []
    return voided + refund_rows(credentials, charge)


def charge_with_refunds(credentials: Credentials, obj: Obj, seen: Seen) -> tuple[AnySnapshot, ...]:
    """A charge and its refunds."""
    rows = refunds_of(credentials, obj, seen)
    if not seen.bill:
        ((_, seen),) = with_bills(credentials, [(obj, seen)])
    own = replace(seen, refunds=tuple(each for each, _ in rows if each["id"] != obj["id"]))
    return (
        snapshot(ObjectKind.CHARGE, obj, own),
        *(snapshot(ObjectKind.REFUND, each, of) for each, of in rows),
    )


def without_login(obj: Obj) -> bytes:
    """An account's document without the token that signs its holder in."""
    return written({name: value for name, value in obj.items() if name != _LOGIN}).encode()


def nested(obj: Obj, as_of: datetime) -> Seen:
    """The picture of an object that came inside another."""
    return Seen(as_of=as_of, raw=written(obj).encode())


def as_account(obj: Obj, as_of: datetime) -> AnySnapshot:
    """An account as a customer, without its token."""
    return snapshot(ObjectKind.CUSTOMER, obj, Seen(as_of=as_of, raw=without_login(obj)))


def looked_up_subscriptions(credentials: Credentials, items: list[Sliced], as_of: datetime) -> Rows:
    """Subscriptions with what stands elsewhere: the plan's interval, the open invoice's state."""
    plans = by_ids(
        credentials, PATHS[ObjectKind.PRODUCT], (ref(obj.get("plan")) for obj, _ in items)
    )
    invoices = by_ids(
        credentials,
        PATHS[ObjectKind.INVOICE],
        (str(obj.get("active_invoice_id") or "") for obj, _ in items),
    )
    return [
        (
            obj,
            Seen(
                as_of=as_of,
                raw=raw,
                plan=plans.get(ref(obj.get("plan")), {}),
                is_past_due=invoices.get(str(obj.get("active_invoice_id")), {}).get("state")
                == PAST_DUE,
            ),
        )
        for obj, raw in items
    ]


def _own(kind: ObjectKind, obj: Obj, answer: Answer) -> AnySnapshot:
    return snapshot(kind, obj, Seen(as_of=answer.as_of, raw=answer.text.encode()))


def _transaction(credentials: Credentials, obj: Obj, answer: Answer) -> tuple[AnySnapshot, ...]:
    """A charge with its refunds; for the id of a refund, the charge it came from."""
    original = obj.get("original_transaction_id")
    if obj["type"] == "refund" and original:
        answer = get(credentials, path_of(ObjectKind.CHARGE, original))
        obj = answer.object()
    if obj["type"] not in CHARGED:
        raise NotFoundError("This transaction of Recurly moves no money.")
    return charge_with_refunds(credentials, obj, Seen(as_of=answer.as_of, raw=answer.text.encode()))


def _refund(credentials: Credentials, obj: Obj, answer: Answer) -> tuple[AnySnapshot, ...]:
    if not is_refund(obj):
        raise NotFoundError("This transaction of Recurly is no refund.")
    seen = Seen(as_of=answer.as_of, raw=answer.text.encode())
    ((_, own),) = with_credits(credentials, [(obj, seen)])
    return (snapshot(ObjectKind.REFUND, obj, own),)


def _customer(credentials: Credentials, obj: Obj, answer: Answer) -> tuple[AnySnapshot, ...]:
    own = as_account(obj, answer.as_of)
    path = f"{path_of(ObjectKind.CUSTOMER, obj['id'])}/billing_infos"
    try:
        # The one list whose pages have no size to choose.
        rows = _all_pages(credentials, path)
    except (CredentialsError, DeclinedError, NotFoundError):
        # Sites without the wallet feature have one billing info per account.
        rows = _only_billing_info(credentials, obj)
    return (own, *(snapshot(ObjectKind.PAYMENT_METHOD, each, seen) for each, seen in rows))


def _only_billing_info(credentials: Credentials, account: Obj) -> Rows:
    path = f"{path_of(ObjectKind.CUSTOMER, account['id'])}/billing_info"
    try:
        answer = get(credentials, path)
    except (CredentialsError, DeclinedError, NotFoundError):
        return []
    return [(answer.object(), Seen(as_of=answer.as_of, raw=answer.text.encode()))]


def _invoice(credentials: Credentials, obj: Obj, answer: Answer) -> tuple[AnySnapshot, ...]:
    return (_own(ObjectKind.INVOICE, obj, answer),)


def _payment(credentials: Credentials, obj: Obj, answer: Answer) -> tuple[AnySnapshot, ...]:
    """A money root with the charges that its invoice shows, and what went back of them."""
    found = [_own(ObjectKind.PAYMENT, obj, answer)]
    for each in obj.get("transactions") or ():
        if each.get("type") in CHARGED:
            seen = replace(nested(each, answer.as_of), bill=obj)
            found += charge_with_refunds(credentials, each, seen)
    return tuple(found)


def _plan(credentials: Credentials, obj: Obj, answer: Answer) -> tuple[AnySnapshot, ...]:
    seen = Seen(as_of=answer.as_of, raw=answer.text.encode())
    return (snapshot(ObjectKind.PRODUCT, obj, seen), *prices_of(obj, seen))


def _price(credentials: Credentials, external_id: str) -> tuple[AnySnapshot, ...]:
    answer = get(credentials, path_of(ObjectKind.PRICE, external_id.partition(":")[0]))
    found = prices_of(answer.object(), Seen(as_of=answer.as_of, raw=answer.text.encode()))
    own = tuple(each for each in found if each.external_id == external_id)
    if not own:
        raise NotFoundError("Recurly has no such price in this site.")
    return own


def _coupon(credentials: Credentials, obj: Obj, answer: Answer) -> tuple[AnySnapshot, ...]:
    return (_own(ObjectKind.COUPON, obj, answer),)


def subscription_with_plan(
    credentials: Credentials, obj: Obj, answer: Answer
) -> tuple[AnySnapshot, ...]:
    """A subscription, after reading its plan and open invoice."""
    items: list[Sliced] = [(dict(obj), answer.text.encode())]
    ((_, seen),) = looked_up_subscriptions(credentials, items, answer.as_of)
    return (snapshot(ObjectKind.SUBSCRIPTION, obj, seen),)


_READERS: dict[ObjectKind, Callable[[Credentials, Obj, Answer], tuple[AnySnapshot, ...]]] = {
    ObjectKind.CUSTOMER: _customer,
    ObjectKind.PAYMENT: _payment,
    ObjectKind.CHARGE: _transaction,
    ObjectKind.REFUND: _refund,
    ObjectKind.PRODUCT: _plan,
    ObjectKind.COUPON: _coupon,
    ObjectKind.SUBSCRIPTION: subscription_with_plan,
    ObjectKind.INVOICE: _invoice,
}
