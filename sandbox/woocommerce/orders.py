"""Orders: made, read, changed."""

from dataclasses import dataclass, field
from decimal import Decimal

from sandbox.wire import Json
from sandbox.woocommerce import refunds
from sandbox.woocommerce.errors import WooError, invalid_param
from sandbox.woocommerce.lists import collection
from sandbox.woocommerce.people import Person, address, line
from sandbox.woocommerce.rendering import shown
from sandbox.woocommerce.shop import Result, Shop, dates

STATUSES = frozenset(
    {"pending", "processing", "on-hold", "completed", "cancelled", "refunded", "failed"}
)
TITLES = {
    "stripe": "Credit card",
    "ppcp-gateway": "PayPal",
    "braintree_credit_card": "Credit card",
    "woocommerce_payments": "Card",
    "bacs": "Direct bank transfer",
}


@dataclass(frozen=True, kw_only=True)
class Purchase:
    """What somebody bought. `refund_as`: how the payment gateway treats refunds of it."""

    who: Person
    total: Decimal
    currency: str
    created: int
    customer_id: int = 0
    status: str = "processing"
    method: str = "stripe"
    transaction_id: str = ""
    items: str = "Notebook"
    product_id: int = 0
    is_paid: bool = True
    refund_as: str = "succeeded"
    subscription: int = 0
    meta: dict[str, str] = field(default_factory=dict)


def add_order(shop: Shop, bought: Purchase) -> Json:
    """Write an order down."""
    number, nothing = shop.new_id(), shop.written(Decimal(0))
    paid = bought.created + 5 if bought.is_paid else None
    meta = [{"id": place, "key": k, "value": v} for place, (k, v) in enumerate(bought.meta.items())]
    body = {
        "id": number,
        "created": bought.created,
        "modified": paid or bought.created,
        "paid": paid,
        "completed": paid if bought.status == "completed" else None,
        "subscription": bought.subscription,
        "parent_id": 0,
        "status": bought.status,
        "currency": bought.currency,
        "version": "10.9.1",
        "prices_include_tax": False,
        "discount_total": nothing,
        "discount_tax": nothing,
        "shipping_total": nothing,
        "shipping_tax": nothing,
        "cart_tax": nothing,
        "total": shop.written(bought.total),
        "total_tax": nothing,
        "customer_id": bought.customer_id,
        "order_key": f"wc_order_{number:08x}",
        "billing": address(bought.who),
        "shipping": address(bought.who),
        "payment_method": bought.method,
        "payment_method_title": TITLES.get(bought.method, bought.method),
        "transaction_id": bought.transaction_id,
        "customer_ip_address": "",
        "customer_user_agent": "",
        "created_via": "checkout",
        "customer_note": "",
        "cart_hash": "",
        "number": str(number),
        "meta_data": meta,
        "line_items": [
            line(shop, bought.items, bought.total, product_id=bought.product_id),
        ],
        "tax_lines": [],
        "shipping_lines": [],
        "fee_lines": [],
        "coupon_lines": [],
        "payment_url": f"https://{shop.account}.example/checkout/order-pay/{number}/"
        f"?pay_for_order=true&key=wc_order_{number:08x}",
        "is_editable": False,
        "needs_processing": True,
    }
    return shop.add("order", body, {"refund_as": bought.refund_as})


def listed(shop: Shop, _args: tuple[str, ...]) -> Result:
    """GET /orders."""
    return collection(shop, "order", shop.all("order"))


def retrieved(shop: Shop, args: tuple[str, ...]) -> Result:
    """GET /orders/{id}: one in the bin is still there (reference A3)."""
    return Result(shown(shop, "order", shop.need("order", args[0])), ids=args)


def created(shop: Shop, _args: tuple[str, ...]) -> Result:
    """POST /orders: an unpaid one of fees only, with the page where it is paid (reference A6)."""
    wanted = shop.params
    customer = shop.shelf.find("customer", str(wanted.get("customer_id", "")))
    if customer is None:
        raise WooError("woocommerce_rest_invalid_customer_id", "Customer ID is invalid.")
    if wanted.get("status") != "pending" or wanted.get("set_paid"):
        raise invalid_param("status", "The sandbox makes unpaid orders only.")
    fees = [
        {
            "id": shop.new_id(),
            "name": str(each["name"]),
            "tax_status": each.get("tax_status", "taxable"),
            "total": shop.written(Decimal(each["total"])),
            "total_tax": shop.written(Decimal(0)),
            "taxes": [],
            "meta_data": [],
        }
        for each in wanted.get("fee_lines", ())
    ]
    if not fees or not all(isinstance(each["total"], str) for each in wanted["fee_lines"]):
        raise invalid_param("fee_lines", "fee_lines needs a total as text.")
    person = Person(f"{customer['first_name']} {customer['last_name']}", customer["email"])
    order = add_order(
        shop,
        Purchase(
            who=person,
            total=sum((Decimal(each["total"]) for each in fees), Decimal(0)),
            currency=str(wanted.get("currency", shop.currency)).upper(),
            created=shop.now,
            customer_id=customer["id"],
            status="pending",
            method="",
            is_paid=False,
            meta={each["key"]: each["value"] for each in wanted.get("meta_data", ())},
        ),
    )
    order.update(fee_lines=fees, line_items=[], created_via="rest-api")
    shop.save("order", order)
    ids = (str(order["id"]), str(customer["id"]))
    return Result(shown(shop, "order", order), "order.created", ids, status=201)


def updated(shop: Shop, args: tuple[str, ...]) -> Result:
    """PUT /orders/{id}: the status only; money is not touched."""
    order, status = shop.need("order", args[0]), shop.params.get("status")
    if status is not None and status not in STATUSES:
        raise invalid_param("status", "status is not one of the known words.")
    if status == "refunded":
        refunds.set_refunded(shop, order)
    order["status"] = status or order["status"]
    shop.save("order", order)
    return Result(shown(shop, "order", order), "order.updated", args)


def notes(shop: Shop, args: tuple[str, ...]) -> Result:
    """GET /orders/{id}/notes."""
    shop.need("order", args[0])
    kept = shop.shelf.hidden("order", args[0]).get("notes", ())
    return Result([_note(number, **each) for number, each in enumerate(kept, start=1)], ids=args)


def add_note(shop: Shop, order: Json, text: str) -> None:
    """Write down what a plug-in did, as it does in its own words."""
    hidden = shop.shelf.hidden("order", str(order["id"]))
    kept = [*hidden.get("notes", ()), {"at": shop.now, "text": text}]
    shop.shelf.set_hidden("order", str(order["id"]), {**hidden, "notes": kept})


def _note(number: int, *, at: int, text: str) -> Json:
    made = {"id": number, "author": "system", "note": text, "customer_note": False}
    return {**made, **dates(date_created=at)}
