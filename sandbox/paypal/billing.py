"""Products, plans and subscriptions; there is no list of subscriptions (reference 2.3)."""

from sandbox.paypal.amounts import money
from sandbox.paypal.context import Context, Result, iso, link
from sandbox.paypal.errors import PayPalError, invalid, refused
from sandbox.paypal.payments import payer_doc
from sandbox.paypal.routes import route
from sandbox.wire import Json

MOST_PER_PAGE = 20
# What the webhook about a status is called.
NEWS = {"SUSPENDED": "SUSPENDED", "ACTIVE": "ACTIVATED"}
UNIT_S = {"DAY": 86_400, "WEEK": 7 * 86_400, "MONTH": 30 * 86_400, "YEAR": 365 * 86_400}


def list_products(ctx: Context) -> Result:
    """GET /v1/catalogs/products: a short form of each."""
    short = ("id", "name", "description", "create_time", "links")
    return _page(
        ctx,
        "products",
        [
            {name: doc[name] for name in short}
            for doc in (product_doc(ctx, each) for each in ctx.shelf.all("product"))
        ],
    )


def retrieve_product(ctx: Context) -> Result:
    """GET /v1/catalogs/products/{id}."""
    return Result(product_doc(ctx, ctx.need("product", ctx.args[0])))


def list_plans(ctx: Context) -> Result:
    """GET /v1/billing/plans: without `Prefer: return=representation` a short form."""
    docs = [plan_doc(ctx, each) for each in ctx.shelf.all("plan")]
    if "representation" not in ctx.call.request.headers.get("prefer", ""):
        short = ("id", "product_id", "status", "name", "description", "create_time", "links")
        docs = [{name: doc[name] for name in short} for doc in docs]
    return _page(ctx, "plans", docs)


def retrieve_plan(ctx: Context) -> Result:
    """GET /v1/billing/plans/{id}."""
    return Result(plan_doc(ctx, ctx.need("plan", ctx.args[0])))


def retrieve_subscription(ctx: Context) -> Result:
    """GET /v1/billing/subscriptions/{id}; `fields=plan` shows the plan inside."""
    agreement = ctx.need("subscription", ctx.args[0])
    has_plan = "plan" in ctx.params.get("fields", "").split(",")
    return Result(subscription_doc(ctx, agreement, has_plan=has_plan))


def cancel_subscription(ctx: Context) -> Result:
    """POST /v1/billing/subscriptions/{id}/cancel: final, no key, nothing in the answer."""
    agreement = ctx.need("subscription", ctx.args[0])
    reason = _reason(ctx)
    if agreement["status"] not in {"ACTIVE", "SUSPENDED"}:
        raise refused(
            "SUBSCRIPTION_STATUS_INVALID",
            "Invalid subscription status for cancel action; subscription status should be active"
            " or suspended.",
        )
    change_status(ctx, agreement, "CANCELLED", note=reason)
    return Result(None, "subscription.canceled", (agreement["id"],), status=204)


def suspend_subscription(ctx: Context) -> Result:
    """POST /v1/billing/subscriptions/{id}/suspend: the reason is required, no key."""
    return _turned(ctx, "suspend", "ACTIVE", "SUSPENDED")


def activate_subscription(ctx: Context) -> Result:
    """POST /v1/billing/subscriptions/{id}/activate: "Required to reactivate": the reason, too."""
    return _turned(ctx, "activate", "SUSPENDED", "ACTIVE")


def _turned(ctx: Context, action: str, before: str, after: str) -> Result:
    agreement = ctx.need("subscription", ctx.args[0])
    reason = _reason(ctx)
    if agreement["status"] != before:
        raise refused(
            "SUBSCRIPTION_STATUS_INVALID",
            f"Invalid subscription status for {action} action; subscription status should be"
            f" {before.lower()}.",
        )
    change_status(ctx, agreement, after, note=reason, news=NEWS[after])
    return Result(None, f"subscription.{NEWS[after].lower()}", (agreement["id"],), status=204)


def _reason(ctx: Context) -> str:
    reason = ctx.body.get("reason")
    if not isinstance(reason, str) or not 1 <= len(reason) <= 128:  # noqa: PLR2004  published
        raise invalid("MISSING_REQUIRED_PARAMETER", "/reason")
    return reason


def change_status(ctx: Context, agreement: Json, status: str, *, note: str, news: str = "") -> None:
    """Move a subscription on and tell the webhooks."""
    agreement |= {"status": status, "note": note, "changed": ctx.now, "updated": ctx.now}
    ctx.shelf.save("subscription", agreement)
    doc = subscription_doc(ctx, agreement, has_plan=False)
    ctx.emit(f"BILLING.SUBSCRIPTION.{news or status}", "subscription", doc)


def product_doc(ctx: Context, product: Json) -> Json:
    """A product."""
    return {
        "id": product["id"],
        "name": product["name"],
        "description": product["description"],
        "type": "SERVICE",
        "category": "SOFTWARE",
        "home_url": "https://shop.example.com/",
        "create_time": iso(product["created"]),
        "update_time": iso(product["created"]),
        "links": [link(ctx, "self", f"/v1/catalogs/products/{product['id']}")],
    }


def plan_doc(ctx: Context, plan: Json) -> Json:
    """A plan: trial cycles first, then the regular ones."""
    cycles = []
    if plan.get("trial_days"):
        cycles.append(
            {
                "frequency": {"interval_unit": "DAY", "interval_count": plan["trial_days"]},
                "tenure_type": "TRIAL",
                "sequence": 1,
                "total_cycles": 1,
            }
        )
    cycles.append(
        {
            "pricing_scheme": {
                "version": 1,
                "fixed_price": money(plan["minor"], plan["currency"]),
                "create_time": iso(plan["created"]),
                "update_time": iso(plan["created"]),
            },
            "frequency": {"interval_unit": plan["unit"], "interval_count": plan.get("count", 1)},
            "tenure_type": "REGULAR",
            "sequence": len(cycles) + 1,
            "total_cycles": 0,
        }
    )
    return {
        "id": plan["id"],
        "product_id": plan["product"],
        "name": plan["name"],
        "status": plan.get("status", "ACTIVE"),
        "description": plan["name"],
        "billing_cycles": cycles,
        "payment_preferences": {"auto_bill_outstanding": True, "payment_failure_threshold": 3},
        "quantity_supported": True,
        "create_time": iso(plan["created"]),
        "update_time": iso(plan["created"]),
        "links": [link(ctx, "self", f"/v1/billing/plans/{plan['id']}")],
    }


def subscription_doc(ctx: Context, agreement: Json, *, has_plan: bool) -> Json:
    """A subscription; an ended one has no next billing time."""
    plan = ctx.need("plan", agreement["plan"])
    in_trial = bool(plan.get("trial_days")) and agreement.get("in_trial", False)
    cycles = [
        {
            "tenure_type": cycle["tenure_type"],
            "sequence": cycle["sequence"],
            "cycles_completed": 0 if in_trial else 1,
            "cycles_remaining": int(in_trial) if cycle["tenure_type"] == "TRIAL" else 0,
            "total_cycles": cycle["total_cycles"],
        }
        for cycle in plan_doc(ctx, plan)["billing_cycles"]
    ]
    info: Json = {
        "outstanding_balance": money(agreement.get("owed", 0), plan["currency"]),
        "cycle_executions": cycles,
        "failed_payments_count": agreement.get("failed", 0),
    }
    if not in_trial and agreement["status"] != "APPROVAL_PENDING":
        info["last_payment"] = {
            "amount": money(plan["minor"], plan["currency"]),
            "time": iso(agreement["paid_at"]),
        }
    if agreement["status"] == "ACTIVE":
        info["next_billing_time"] = iso(agreement["paid_at"] + UNIT_S[plan["unit"]])
    doc: Json = {
        "id": agreement["id"],
        "plan_id": plan["id"],
        "status": agreement["status"],
        "status_update_time": iso(agreement["changed"]),
        "start_time": iso(agreement["created"]),
        "quantity": str(agreement.get("quantity", 1)),
        "subscriber": payer_doc(agreement["payer"]),
        "billing_info": info,
        "create_time": iso(agreement["created"]),
        "update_time": iso(agreement["updated"]),
        "plan_overridden": False,
        "links": [link(ctx, "self", f"/v1/billing/subscriptions/{agreement['id']}")],
    }
    if agreement.get("note"):
        doc["status_change_note"] = agreement["note"]
    if has_plan:
        doc["plan"] = plan_doc(ctx, plan)
    return doc


def _page(ctx: Context, name: str, docs: list[Json]) -> Result:
    size, page = int(ctx.params.get("page_size", 10)), int(ctx.params.get("page", 1))
    if not 1 <= size <= MOST_PER_PAGE or page < 1:
        raise PayPalError(400, "INVALID_REQUEST", "Request is not well-formed.")
    body: Json = {
        name: docs[(page - 1) * size : page * size],
        "links": [link(ctx, "self", f"/v1/{name}")],
    }
    if ctx.params.get("total_required") == "true":
        body |= {"total_items": len(docs), "total_pages": -(-len(docs) // size)}
    return Result(body)


SUBSCRIPTIONS = "subscriptions"
ROUTES = (
    route("GET", "/v1/catalogs/products", list_products, scope=SUBSCRIPTIONS),
    route("GET", "/v1/catalogs/products/*", retrieve_product, scope=SUBSCRIPTIONS),
    route("GET", "/v1/billing/plans", list_plans, scope=SUBSCRIPTIONS),
    route("GET", "/v1/billing/plans/*", retrieve_plan, scope=SUBSCRIPTIONS),
    route("GET", "/v1/billing/subscriptions/*", retrieve_subscription, scope=SUBSCRIPTIONS),
    route("POST", "/v1/billing/subscriptions/*/suspend", suspend_subscription, scope=SUBSCRIPTIONS),
    route(
        "POST", "/v1/billing/subscriptions/*/activate", activate_subscription, scope=SUBSCRIPTIONS
    ),
    route("POST", "/v1/billing/subscriptions/*/cancel", cancel_subscription, scope=SUBSCRIPTIONS),
)
