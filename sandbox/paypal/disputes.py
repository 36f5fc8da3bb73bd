"""Disputes: a list in a short form, the whole by id (reference 2.3)."""

from sandbox.paypal.amounts import money
from sandbox.paypal.context import Context, Result, iso, link, seconds_of
from sandbox.paypal.errors import invalid
from sandbox.paypal.routes import route
from sandbox.wire import Json

MOST_PER_PAGE = 50
RESPONSE_S = 10 * 86_400
SCOPE = "disputes/read-seller"
SHORT = ("dispute_id", "create_time", "update_time", "reason", "status", "dispute_amount")
SHORT_MORE = ("dispute_life_cycle_stage", "dispute_channel", "links")


def list_disputes(ctx: Context) -> Result:
    """GET /v1/customer/disputes: newest first, the next page by the token in its link."""
    wanted = ctx.params.get("disputed_transaction_id")
    if wanted and "start_time" in ctx.params:
        raise invalid("MUTUALLY_EXCLUSIVE_FIELDS", "start_time")
    size, skipped = int(ctx.params.get("page_size", 10)), _skipped(ctx)
    if not 1 <= size <= MOST_PER_PAGE:
        raise invalid("INVALID_PAGE_SIZE", "page_size")
    disputes = ctx.of("dispute", "capture", wanted) if wanted else ctx.shelf.all("dispute")
    after = seconds_of(ctx.params["update_time_after"]) if "update_time_after" in ctx.params else 0
    disputes = [each for each in disputes if each["updated"] >= after]
    docs = [dispute_doc(ctx, each) for each in disputes[skipped : skipped + size]]
    links = [link(ctx, "self", "/v1/customer/disputes")]
    if len(disputes) > skipped + size:
        links.append(
            link(ctx, "next", f"/v1/customer/disputes?next_page_token={skipped + size:06d}")
        )
    short = [{name: doc[name] for name in (*SHORT, *SHORT_MORE) if name in doc} for doc in docs]
    return Result({"items": short, "links": links})


def retrieve_dispute(ctx: Context) -> Result:
    """GET /v1/customer/disputes/{id}."""
    return Result(dispute_doc(ctx, ctx.need("dispute", ctx.args[0])))


def open_dispute(ctx: Context, capture: Json, *, reason: str, status: str) -> Json:
    """Somebody complains."""
    dispute: Json = {
        "id": ctx.new_id(5, prefix="PP-D-"),
        "created": ctx.now,
        "updated": ctx.now,
        "capture": capture["id"],
        "minor": capture["minor"],
        "currency": capture["currency"],
        "reason": reason,
        "status": status,
        "stage": "INQUIRY" if status == "OPEN" else "CHARGEBACK",
        "payer": capture["payer"],
    }
    ctx.shelf.add("dispute", dispute)
    ctx.emit("CUSTOMER.DISPUTE.CREATED", "dispute", dispute_doc(ctx, dispute))
    return dispute


def resolve_dispute(ctx: Context, dispute: Json, *, outcome: str) -> None:
    """It is decided."""
    dispute |= {"status": "RESOLVED", "outcome": outcome, "updated": ctx.now}
    ctx.shelf.save("dispute", dispute)
    ctx.emit("CUSTOMER.DISPUTE.RESOLVED", "dispute", dispute_doc(ctx, dispute))


def dispute_doc(ctx: Context, dispute: Json) -> Json:
    """A dispute."""
    payer = dispute["payer"]
    amount = money(dispute["minor"], dispute["currency"])
    doc: Json = {
        "dispute_id": dispute["id"],
        "create_time": iso(dispute["created"]),
        "update_time": iso(dispute["updated"]),
        "disputed_transactions": [
            {
                "seller_transaction_id": dispute["capture"],
                "create_time": iso(dispute["created"]),
                "transaction_status": "COMPLETED",
                "gross_amount": amount,
                "buyer": {"name": f"{payer['given']} {payer['surname']}"},
            }
        ],
        "reason": dispute["reason"],
        "status": dispute["status"],
        "dispute_amount": amount,
        "dispute_life_cycle_stage": dispute["stage"],
        "dispute_channel": "INTERNAL",
        "links": [link(ctx, "self", f"/v1/customer/disputes/{dispute['id']}")],
    }
    if dispute["status"] == "RESOLVED":
        doc["dispute_outcome"] = {"outcome_code": dispute["outcome"]}
    else:
        doc["seller_response_due_date"] = iso(dispute["created"] + RESPONSE_S)
    return doc


def _skipped(ctx: Context) -> int:
    try:
        return int(ctx.params.get("next_page_token", "0"))
    except ValueError as error:
        raise invalid("INVALID_PAGE_TOKEN", "next_page_token") from error


ROUTES = (
    route("GET", "/v1/customer/disputes", list_disputes, scope=SCOPE),
    route("GET", "/v1/customer/disputes/*", retrieve_dispute, scope=SCOPE),
)
