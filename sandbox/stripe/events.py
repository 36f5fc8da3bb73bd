"""Events, kept for 30 days (reference 2.1)."""

from sandbox.stripe.context import Context, Result
from sandbox.stripe.errors import StripeError, missing
from sandbox.stripe.lists import listing
from sandbox.stripe.routes import route
from sandbox.stripe.shapes import DAY

KEPT_S = 30 * DAY
MAX_TYPES = 20


def list_events(ctx: Context) -> Result:
    """GET /v1/events."""
    types = ctx.params.get("types")
    if types is not None and (not isinstance(types, list) or len(types) > MAX_TYPES):
        raise StripeError(f"types can have at most {MAX_TYPES} items.", param="types")
    filters = {"type": "type", "types": "type"}
    return listing(ctx, "event", "/v1/events", filters=filters, not_before=ctx.now - KEPT_S)


def retrieve_event(ctx: Context) -> Result:
    """GET /v1/events/*."""
    body = ctx.need("event", ctx.args[0])
    if body["created"] < ctx.now - KEPT_S:
        raise missing("event", body["id"])
    return Result(body)


ROUTES = (
    route(
        "GET",
        "events",
        list_events,
        permission="rak_event_read",
        params="created delivery_success ending_before limit starting_after type types",
    ),
    route("GET", "events/*", retrieve_event, permission="rak_event_read"),
)
