"""Early fraud warnings: the card's bank reports a payment as fraud before anybody disputes it."""

from sandbox.shelf import Match
from sandbox.stripe.context import Context, Result
from sandbox.stripe.customers import changes
from sandbox.stripe.lists import listing
from sandbox.stripe.routes import route
from sandbox.wire import Json

KIND = "radar.early_fraud_warning"
FRAUD_TYPES = frozenset(
    {
        "card_never_received",
        "fraudulent_card_application",
        "made_with_counterfeit_card",
        "made_with_lost_card",
        "made_with_stolen_card",
        "misc",
        "unauthorized_use_of_card",
    }
)


def warn_of_fraud(ctx: Context, charge: Json, fraud_type: str) -> Json:
    """Report a charge, which does not change by it."""
    body = {
        "id": ctx.new_id("issfr_1"),
        "object": KIND,
        "actionable": not charge["refunded"] and not charge["disputed"],
        "charge": charge["id"],
        "created": ctx.now,
        "fraud_type": fraud_type,
        "livemode": ctx.livemode,
        "payment_intent": charge["payment_intent"],
    }
    ctx.shelf.add(KIND, body)
    ctx.emit(f"{KIND}.created", body)
    return body


def settle_warnings(ctx: Context, charge: Json) -> None:
    """Nothing is left to do about a charge that was given back as a whole, or disputed."""
    if not charge["refunded"] and not charge["disputed"]:
        return
    for body in ctx.shelf.all(KIND, Match("charge", (charge["id"],))):
        if body["actionable"]:
            before = dict(body)
            body["actionable"] = False
            ctx.shelf.save(KIND, body)
            ctx.emit(f"{KIND}.updated", body, changes(before, body))


def list_warnings(ctx: Context) -> Result:
    """GET /v1/radar/early_fraud_warnings."""
    filters = {"charge": "charge", "payment_intent": "payment_intent"}
    return listing(ctx, KIND, "/v1/radar/early_fraud_warnings", filters=filters)


def retrieve_warning(ctx: Context) -> Result:
    """GET /v1/radar/early_fraud_warnings/*."""
    return Result(ctx.need(KIND, ctx.args[0]))


READ = "rak_radar_read"
ROUTES = (
    route(
        "GET",
        "radar/early_fraud_warnings",
        list_warnings,
        permission=READ,
        params="charge created ending_before limit payment_intent starting_after",
    ),
    route("GET", "radar/early_fraud_warnings/*", retrieve_warning, permission=READ),
)
