"""Orders, authorizations, captures and refunds: payments v2 and orders v2."""

import re

from sandbox.paypal.amounts import money, read_money
from sandbox.paypal.context import Context, Result, iso, link
from sandbox.paypal.errors import invalid, missing, refused
from sandbox.paypal.routes import route
from sandbox.wire import Json

DAY = 86_400
KEY_LIFE_S = 45 * DAY
AUTHORIZATION_LIFE_S = 29 * DAY
REFUND_LIMIT_S = 180 * DAY
GONE = frozenset({"FAILED", "CANCELLED"})
# A capture of these took nothing of its authorization.
DECLINED = frozenset({"DECLINED", "FAILED"})
MOST_REFUNDS = 100
CUSTOM_ID = re.compile(r"^[A-Za-z0-9\-_.,]{0,127}$")


def retrieve_order(ctx: Context) -> Result:
    """GET /v2/checkout/orders/{id}."""
    return Result(order_doc(ctx, ctx.need("order", ctx.args[0])))


def retrieve_capture(ctx: Context) -> Result:
    """GET /v2/payments/captures/{id}."""
    capture = ctx.need("capture", ctx.args[0])
    if capture.get("is_sale"):
        raise missing(ctx.args[0])
    return Result(capture_doc(ctx, capture, is_whole=True))


def retrieve_sale(ctx: Context) -> Result:
    """GET /v1/payments/sale/{id}: what older subscriptions are paid with."""
    sale = ctx.need("capture", ctx.args[0])
    if not sale.get("is_sale"):
        raise missing(ctx.args[0])
    return Result(sale_doc(ctx, sale))


def retrieve_authorization(ctx: Context) -> Result:
    """GET /v2/payments/authorizations/{id}."""
    return Result(authorization_doc(ctx, ctx.need("authorization", ctx.args[0]), is_whole=True))


def retrieve_refund(ctx: Context) -> Result:
    """GET /v2/payments/refunds/{id}."""
    return Result(refund_doc(ctx, ctx.need("refund", ctx.args[0])))


def refund_capture(ctx: Context) -> Result:
    """POST /v2/payments/captures/{id}/refund."""
    capture = ctx.need("capture", ctx.args[0])
    if capture.get("is_sale"):
        raise missing(ctx.args[0])
    _check_refundable(ctx, capture)
    left = capture["minor"] - refunded_minor(ctx, capture)
    if "amount" in ctx.body:
        minor, currency = read_money(ctx.body["amount"], field="amount")
        if currency != capture["currency"]:
            raise refused("REFUND_CAPTURE_CURRENCY_MISMATCH")
    else:
        minor = left
    if minor > left:
        raise refused(
            "REFUND_AMOUNT_EXCEEDED",
            "The refund amount must be less than or equal to the capture amount that has not yet"
            " been refunded.",
        )
    refund = make_refund(ctx, capture, minor)
    return Result(
        shown(ctx, refund_doc(ctx, refund)),
        "refund.created",
        (refund["id"], capture["id"]),
        minor,
        201,
    )


def make_refund(ctx: Context, capture: Json, minor: int) -> Json:
    """Book a refund and tell the webhooks."""
    wanted = capture.get("refund_as", "COMPLETED")
    custom_id = str(ctx.body.get("custom_id", ""))
    if not CUSTOM_ID.match(custom_id):
        raise invalid("INVALID_PARAMETER_SYNTAX", "/custom_id")
    refund: Json = {
        "id": ctx.new_id(),
        "created": ctx.now,
        "updated": ctx.now,
        "capture": capture["id"],
        "minor": minor,
        "currency": capture["currency"],
        "status": wanted,
        "custom_id": custom_id,
        "invoice_id": ctx.body.get("invoice_id", ""),
        "note": ctx.body.get("note_to_payer", ""),
    }
    ctx.shelf.add("refund", refund)
    settle_capture(ctx, capture)
    ctx.emit("PAYMENT.CAPTURE.REFUNDED", "refund", refund_doc(ctx, refund))
    return refund


def settle_capture(ctx: Context, capture: Json) -> None:
    """Let the capture's status follow its refunds."""
    gone = refunded_minor(ctx, capture)
    status = "COMPLETED" if not gone else "PARTIALLY_REFUNDED"
    capture["status"] = "REFUNDED" if gone == capture["minor"] else status
    capture["updated"] = ctx.now
    ctx.shelf.save("capture", capture)


def refunded_minor(ctx: Context, capture: Json) -> int:
    """What went back, or is on its way."""
    refunds = ctx.of("refund", "capture", capture["id"])
    return sum(each["minor"] for each in refunds if each["status"] not in GONE)


def capture_authorization(ctx: Context) -> Result:
    """POST /v2/payments/authorizations/{id}/capture."""
    held = ctx.need("authorization", ctx.args[0])
    if held["status"] in {"CAPTURED", "VOIDED", "DENIED"}:
        words = {"CAPTURED": "ALREADY_CAPTURED", "VOIDED": "VOIDED", "DENIED": "DENIED"}
        raise refused(f"AUTHORIZATION_{words[held['status']]}")
    if ctx.now > held["created"] + AUTHORIZATION_LIFE_S:
        raise refused("AUTHORIZATION_EXPIRED")
    left = held["minor"] - captured_minor(ctx, held)
    minor = left
    if "amount" in ctx.body:
        minor, currency = read_money(ctx.body["amount"], field="amount")
        if currency != held["currency"]:
            raise refused("AUTH_CAPTURE_CURRENCY_MISMATCH")
    if minor > left:
        raise refused("MAX_CAPTURE_AMOUNT_EXCEEDED")
    is_final = bool(ctx.body.get("final_capture")) or minor == left
    capture = new_capture(ctx, held, minor)
    held["status"] = "CAPTURED" if is_final else "PARTIALLY_CAPTURED"
    held["updated"] = ctx.now
    ctx.shelf.save("authorization", held)
    doc = capture_doc(ctx, capture, is_whole=True)
    ctx.emit("PAYMENT.CAPTURE.COMPLETED", "capture", doc)
    ids = (capture["id"], held["id"])
    return Result(shown(ctx, doc), "capture.created", ids, minor, 201)


def new_capture(ctx: Context, held: Json, minor: int) -> Json:
    """Write what was taken of an authorization."""
    kept = ("currency", "order", "payer", "custom_id", "invoice_id", "description")
    capture: Json = {
        **{name: held.get(name) for name in kept},
        "id": ctx.new_id(),
        "created": ctx.now,
        "updated": ctx.now,
        "authorization": held["id"],
        "minor": minor,
        "status": "COMPLETED",
    }
    ctx.shelf.add("capture", capture)
    return capture


def captured_minor(ctx: Context, held: Json) -> int:
    """What was taken of an authorization so far."""
    captures = ctx.of("capture", "authorization", held["id"])
    return sum(each["minor"] for each in captures if each["status"] not in DECLINED)


def void_authorization(ctx: Context) -> Result:
    """POST /v2/payments/authorizations/{id}/void; there is no key for it (reference 4.1)."""
    held = ctx.need("authorization", ctx.args[0])
    if held["status"] == "VOIDED":
        raise refused("PREVIOUSLY_VOIDED")
    if held["status"] == "CAPTURED":
        raise refused("PREVIOUSLY_CAPTURED")
    if held["status"] != "CREATED":
        raise refused("CANNOT_BE_VOIDED")
    held |= {"status": "VOIDED", "updated": ctx.now}
    ctx.shelf.save("authorization", held)
    doc = authorization_doc(ctx, held, is_whole=True)
    ctx.emit("PAYMENT.AUTHORIZATION.VOIDED", "authorization", doc)
    ids, minor = (held["id"],), held["minor"]
    if "representation" not in ctx.call.request.headers.get("prefer", ""):
        return Result(None, "authorization.voided", ids, minor, 204)
    return Result(doc, "authorization.voided", ids, minor)


def _check_refundable(ctx: Context, capture: Json) -> None:
    if capture["status"] == "REFUNDED":
        raise refused("CAPTURE_FULLY_REFUNDED", "The capture has already been fully refunded")
    if capture["status"] == "PENDING":
        raise refused("PENDING_CAPTURE")
    if capture["status"] in DECLINED:
        raise refused("REFUND_NOT_ALLOWED")
    if ctx.now > capture["created"] + REFUND_LIMIT_S:
        raise refused("REFUND_TIME_LIMIT_EXCEEDED")
    disputes = ctx.of("dispute", "capture", capture["id"])
    if any(each["status"] != "RESOLVED" for each in disputes):
        raise refused("TRANSACTION_DISPUTED")
    if capture.get("refund_as") == "insufficient_funds":
        raise refused("REFUND_FAILED_INSUFFICIENT_FUNDS")
    if len(ctx.of("refund", "capture", capture["id"])) >= MOST_REFUNDS:
        raise refused("MAX_NUMBER_OF_REFUNDS_EXCEEDED")


def shown(ctx: Context, doc: Json) -> Json:
    """All of it, or what `Prefer: return=minimal` (the default) leaves."""
    if "representation" in ctx.call.request.headers.get("prefer", ""):
        return doc
    return {name: doc[name] for name in ("id", "status", "links")}


def order_doc(ctx: Context, order: Json) -> Json:
    """An order with everything that was paid and paid back on it."""
    captures = ctx.of("capture", "order", order["id"])
    held = ctx.of("authorization", "order", order["id"])
    refunds = [each for one in captures for each in ctx.of("refund", "capture", one["id"])]
    payments: Json = {}
    if held:
        payments["authorizations"] = [authorization_doc(ctx, each) for each in held]
    if captures:
        payments["captures"] = [capture_doc(ctx, each) for each in captures]
    if refunds:
        payments["refunds"] = [refund_doc(ctx, each) for each in refunds]
    unit: Json = {
        "reference_id": "default",
        "amount": money(order["minor"], order["currency"]),
        "payee": {"merchant_id": merchant_id(ctx)},
        "payments": payments,
    }
    for name in ("custom_id", "invoice_id", "description"):
        if order.get(name):
            unit[name] = order[name]
    return {
        "id": order["id"],
        "intent": order["intent"],
        "status": order.get("status", "COMPLETED"),
        "purchase_units": [unit],
        "payer": payer_doc(order["payer"]),
        "create_time": iso(order["created"]),
        "update_time": iso(order["created"]),
        "links": [link(ctx, "self", f"/v2/checkout/orders/{order['id']}")],
    }


def payer_doc(payer: Json) -> Json:
    """Who paid, as orders and subscriptions say it."""
    return {
        "name": {"given_name": payer["given"], "surname": payer["surname"]},
        "email_address": payer["email"],
        "payer_id": payer["id"],
        "address": {"country_code": payer["country"]},
    }


def capture_doc(ctx: Context, capture: Json, *, is_whole: bool = False) -> Json:
    """A capture; `is_whole` as GET shows it, with related ids."""
    minor, currency = capture["minor"], capture["currency"]
    path = f"/v2/payments/captures/{capture['id']}"
    up = (
        f"/v2/payments/authorizations/{capture['authorization']}"
        if capture.get("authorization")
        else f"/v2/checkout/orders/{capture.get('order')}"
    )
    doc: Json = {
        "id": capture["id"],
        "status": capture["status"],
        "amount": money(minor, currency),
        "final_capture": True,
        "seller_protection": {"status": "ELIGIBLE"},
        "create_time": iso(capture["created"]),
        "update_time": iso(capture["updated"]),
        "links": [link(ctx, "self", path), link(ctx, "refund", f"{path}/refund", "POST")],
    }
    if capture.get("order") or capture.get("authorization"):
        doc["links"].append(link(ctx, "up", up))
    if capture["status"] == "PENDING":
        doc["status_details"] = {"reason": capture.get("reason") or "PENDING_REVIEW"}
    if capture["status"] not in {"PENDING", "DECLINED", "FAILED"}:
        fee = fee_minor(capture)
        doc["seller_receivable_breakdown"] = {
            "gross_amount": money(minor, currency),
            "paypal_fee": money(fee, currency),
            "net_amount": money(minor - fee, currency),
        }
    for name in ("custom_id", "invoice_id"):
        if capture.get(name):
            doc[name] = capture[name]
    if is_whole:
        doc["payee"] = {"merchant_id": merchant_id(ctx)}
        related = {
            f"{name}_id": capture[name] for name in ("order", "authorization") if capture.get(name)
        }
        if related:
            doc["supplementary_data"] = {"related_ids": related}
    return doc


def whole_capture_doc(ctx: Context, capture: Json) -> Json:
    """A capture as GET shows it."""
    return capture_doc(ctx, capture, is_whole=True)


def sale_doc(ctx: Context, sale: Json) -> Json:
    """The same as payments v1 says it."""
    words = {"COMPLETED": "completed", "PENDING": "pending", "REFUNDED": "refunded"}
    total = money(sale["minor"], sale["currency"])
    fee = money(fee_minor(sale), sale["currency"])
    return {
        "id": sale["id"],
        "state": words.get(sale["status"], "partially_refunded"),
        "amount": {"total": total["value"], "currency": total["currency_code"]},
        "payment_mode": "INSTANT_TRANSFER",
        "transaction_fee": {"value": fee["value"], "currency": fee["currency_code"]},
        "parent_payment": f"PAY-{sale['id']}",
        "billing_agreement_id": sale["subscription"],
        "create_time": iso(sale["created"]),
        "update_time": iso(sale["updated"]),
        "links": [link(ctx, "self", f"/v1/payments/sale/{sale['id']}")],
    }


def authorization_doc(ctx: Context, held: Json, *, is_whole: bool = False) -> Json:
    """An authorization."""
    path = f"/v2/payments/authorizations/{held['id']}"
    doc: Json = {
        "id": held["id"],
        "status": held["status"],
        "amount": money(held["minor"], held["currency"]),
        "seller_protection": {"status": "ELIGIBLE"},
        "expiration_time": iso(held["created"] + AUTHORIZATION_LIFE_S),
        "create_time": iso(held["created"]),
        "update_time": iso(held["updated"]),
        "links": [link(ctx, "self", path), link(ctx, "capture", f"{path}/capture", "POST")],
    }
    for name in ("custom_id", "invoice_id"):
        if held.get(name):
            doc[name] = held[name]
    if is_whole and held.get("order"):
        doc["supplementary_data"] = {"related_ids": {"order_id": held["order"]}}
    return doc


def refund_doc(ctx: Context, refund: Json) -> Json:
    """A refund; `up` leads to what it gives back."""
    capture = ctx.need("capture", refund["capture"])
    path = f"/v2/payments/refunds/{refund['id']}"
    amount = money(refund["minor"], refund["currency"])
    doc: Json = {
        "id": refund["id"],
        "status": refund["status"],
        "amount": amount,
        "seller_payable_breakdown": {
            "gross_amount": amount,
            "paypal_fee": money(0, refund["currency"]),
            "net_amount": amount,
            "total_refunded_amount": money(refunded_minor(ctx, capture), refund["currency"]),
        },
        "create_time": iso(refund["created"]),
        "update_time": iso(refund["updated"]),
        "links": [
            link(ctx, "self", path),
            link(ctx, "up", f"/v2/payments/captures/{refund['capture']}"),
        ],
    }
    if refund["status"] == "PENDING":
        doc["status_details"] = {"reason": "ECHECK"}
    for name, field in (("custom_id", "custom_id"), ("invoice_id", "invoice_id")):
        if refund.get(name):
            doc[field] = refund[name]
    if refund.get("note"):
        doc["note_to_payer"] = refund["note"]
    return doc


def fee_minor(capture: Json) -> int:
    """Invented: 2.9 % and 30 of the smallest unit, whole units where there are no decimals."""
    fee: int = min(round(capture["minor"] * 0.029) + 30, capture["minor"])
    return round(fee / 100) * 100 if capture["currency"] in {"HUF", "TWD"} else fee


def merchant_id(ctx: Context) -> str:
    """The account's payer id, as PayPal shows it to others."""
    return ctx.shelf.name.partition("/")[2]


AUTHCAPTURE, REFUND, PAYMENT = (
    "payments/payment/authcapture",
    "payments/refund",
    "payments/payment",
)
ROUTES = (
    route("GET", "/v2/checkout/orders/*", retrieve_order, scope=PAYMENT),
    route("GET", "/v2/payments/captures/*", retrieve_capture, scope=AUTHCAPTURE),
    route("GET", "/v1/payments/sale/*", retrieve_sale, scope=PAYMENT),
    route("GET", "/v2/payments/authorizations/*", retrieve_authorization, scope=AUTHCAPTURE),
    route("GET", "/v2/payments/refunds/*", retrieve_refund, scope=AUTHCAPTURE),
    route(
        "POST",
        "/v2/payments/captures/*/refund",
        refund_capture,
        scope=REFUND,
        key_life_s=KEY_LIFE_S,
    ),
    route(
        "POST",
        "/v2/payments/authorizations/*/capture",
        capture_authorization,
        scope=AUTHCAPTURE,
        key_life_s=KEY_LIFE_S,
    ),
    route("POST", "/v2/payments/authorizations/*/void", void_authorization, scope=AUTHCAPTURE),
)
