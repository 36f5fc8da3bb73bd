"""Webhook endpoints: at most 16, with a secret that is shown once (reference 3.1)."""

from importlib import resources
from urllib.parse import urlsplit

from sandbox.stripe.context import Context, Result
from sandbox.stripe.errors import StripeError, refused
from sandbox.stripe.forms import flag, merged_metadata, need
from sandbox.stripe.lists import listing
from sandbox.stripe.routes import route
from sandbox.wire import Json

MAX_ENDPOINTS = 16
KIND = "webhook_endpoint"
TYPES = frozenset(
    (resources.files("sandbox.stripe") / "event_types.txt").read_text(encoding="utf-8").split()
)


def create_endpoint(ctx: Context) -> Result:
    """POST /v1/webhook_endpoints: the only answer that carries the secret."""
    url, enabled = _url(need(ctx.params, "url")), _enabled(ctx.params)
    if ctx.shelf.count(KIND) >= MAX_ENDPOINTS:
        raise refused(f"You have reached the maximum of {MAX_ENDPOINTS} test webhook endpoints.")
    secret = "whsec_" + ctx.new_id("") + ctx.new_id("")[:8]
    body: Json = {
        "id": ctx.new_id("we_1"),
        "object": KIND,
        "api_version": ctx.params.get("api_version"),
        "application": None,
        "created": ctx.now,
        "description": ctx.params.get("description"),
        "enabled_events": enabled,
        "livemode": ctx.livemode,
        "metadata": merged_metadata({}, ctx.params),
        "status": "enabled",
        "url": url,
    }
    ctx.shelf.add(KIND, body, {"secrets": [secret]})
    return Result({**body, "secret": secret}, f"{KIND}.created", (body["id"],))


def update_endpoint(ctx: Context) -> Result:
    """POST /v1/webhook_endpoints/*: the API version cannot be changed."""
    body = ctx.need(KIND, ctx.args[0])
    if "url" in ctx.params:
        body["url"] = _url(ctx.params["url"])
    if "enabled_events" in ctx.params:
        body["enabled_events"] = _enabled(ctx.params)
    if "description" in ctx.params:
        body["description"] = ctx.params["description"] or None
    disabled = flag(ctx.params, "disabled")
    if disabled is not None:
        body["status"] = "disabled" if disabled else "enabled"
    body["metadata"] = merged_metadata(body["metadata"], ctx.params)
    ctx.shelf.save(KIND, body)
    return Result(body, f"{KIND}.updated", (body["id"],))


def delete_endpoint(ctx: Context) -> Result:
    """DELETE /v1/webhook_endpoints/*."""
    body = ctx.need(KIND, ctx.args[0])
    ctx.shelf.remove(KIND, body["id"])
    gone = {"id": body["id"], "object": KIND, "deleted": True}
    return Result(gone, f"{KIND}.deleted", (body["id"],))


def list_endpoints(ctx: Context) -> Result:
    """GET /v1/webhook_endpoints."""
    return listing(ctx, KIND, "/v1/webhook_endpoints")


def retrieve_endpoint(ctx: Context) -> Result:
    """GET /v1/webhook_endpoints/*."""
    return Result(ctx.need(KIND, ctx.args[0]))


def roll_secret(ctx: Context, body: Json, _order: Json) -> Json:
    """Do what the dashboard's button does: for a while two signatures arrive."""
    hidden = ctx.shelf.hidden(KIND, body["id"])
    secret = "whsec_" + ctx.new_id("") + ctx.new_id("")[:8]
    ctx.shelf.set_hidden(KIND, body["id"], {**hidden, "secrets": [secret, hidden["secrets"][0]]})
    return {**body, "secret": secret}


def set_style(ctx: Context, body: Json, order: Json) -> Json:
    """Make an endpoint receive thin events, or snapshots again."""
    hidden = ctx.shelf.hidden(KIND, body["id"])
    ctx.shelf.set_hidden(KIND, body["id"], {**hidden, "style": order["style"]})
    return body


def _url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise StripeError(
            "Invalid URL: An explicit scheme (such as https) must be provided.",
            code="url_invalid",
            param="url",
        )
    return url


def _enabled(params: Json) -> list[str]:
    enabled = params.get("enabled_events")
    if not isinstance(enabled, list) or not enabled:
        raise StripeError(
            "Missing required param: enabled_events.",
            code="parameter_missing",
            param="enabled_events",
        )
    for place, name in enumerate(enabled):
        if name != "*" and name not in TYPES:
            raise StripeError(
                f"Invalid enabled_events[{place}]: {name} is not a known event type.",
                param=f"enabled_events[{place}]",
            )
    return [str(name) for name in enabled]


READ, WRITE = "rak_webhook_read", "rak_webhook_write"
ROUTES = (
    route(
        "GET",
        "webhook_endpoints",
        list_endpoints,
        params="limit starting_after ending_before",
        permission=READ,
    ),
    route("GET", "webhook_endpoints/*", retrieve_endpoint, permission=READ),
    route(
        "POST",
        "webhook_endpoints",
        create_endpoint,
        permission=WRITE,
        params="api_version connect description enabled_events metadata url",
    ),
    route(
        "POST",
        "webhook_endpoints/*",
        update_endpoint,
        permission=WRITE,
        params="description disabled enabled_events metadata url",
    ),
    route("DELETE", "webhook_endpoints/*", delete_endpoint, permission=WRITE),
)
