"""Webhook endpoints of an app, and the list of events (reference 3.2)."""

import json

from sandbox.paypal.context import Context, Result, link, seconds_of
from sandbox.paypal.errors import PayPalError, invalid
from sandbox.paypal.routes import route
from sandbox.shelf import Span, Window
from sandbox.wire import Json

MOST_ENDPOINTS = 10
MOST_PER_PAGE = 300
SCOPE = "applications/webhooks"


def create_webhook(ctx: Context) -> Result:
    """POST /v1/notifications/webhooks: the id in the answer is what verifies its messages."""
    url, types = ctx.body.get("url"), ctx.body.get("event_types")
    if not isinstance(url, str) or not isinstance(types, list) or not types:
        raise invalid("MISSING_REQUIRED_PARAMETER", "/url")
    known = ctx.shelf.all("webhook")
    if any(each["url"] == url for each in known):
        raise _validation("WEBHOOK_URL_ALREADY_EXISTS", "Webhook URL already exists.")
    if len(known) >= MOST_ENDPOINTS:
        raise _validation("WEBHOOK_NUMBER_LIMIT_EXCEEDED", "Number of webhooks exceeded.")
    endpoint: Json = {
        "id": ctx.new_id(),
        "created": ctx.now,
        "url": url,
        "types": [each["name"] for each in types],
    }
    ctx.shelf.add("webhook", endpoint)
    return Result(
        webhook_doc(ctx, endpoint), "webhook_endpoint.created", (endpoint["id"],), status=201
    )


def list_webhooks(ctx: Context) -> Result:
    """GET /v1/notifications/webhooks."""
    return Result({"webhooks": [webhook_doc(ctx, each) for each in ctx.shelf.all("webhook")]})


def delete_webhook(ctx: Context) -> Result:
    """DELETE /v1/notifications/webhooks/{id}."""
    endpoint = ctx.need("webhook", ctx.args[0])
    ctx.shelf.remove("webhook", endpoint["id"])
    return Result(None, "webhook_endpoint.deleted", (endpoint["id"],), status=204)


def list_events(ctx: Context) -> Result:
    """GET /v1/notifications/webhooks-events: newest first, more by the `next` link."""
    size = int(ctx.params.get("page_size", 10))
    if not 1 <= size <= MOST_PER_PAGE:
        raise invalid("INVALID_PAGE_SIZE", "page_size")
    span = Span(
        not_before=seconds_of(ctx.params["start_time"]) if "start_time" in ctx.params else None,
        not_after=seconds_of(ctx.params["end_time"]) if "end_time" in ctx.params else None,
    )
    older = ctx.shelf.place("event", ctx.params["next"]) if "next" in ctx.params else None
    texts = ctx.shelf.page("event", Window(limit=size + 1, older_than=older), span=span)
    events = [_event(text) for text in texts]
    links = []
    if len(events) > size:
        query = "&".join(
            f"{name}={value}"
            for name, value in {
                **ctx.params,
                "page_size": str(size),
                "next": events[size - 1]["id"],
            }.items()
        )
        links.append(
            link(ctx, "next", f"/v1/notifications/webhooks-events?{query.replace('+', '%2B')}")
        )
    return Result({"events": events[:size], "count": min(len(events), size), "links": links})


def retrieve_event(ctx: Context) -> Result:
    """GET /v1/notifications/webhooks-events/{id}."""
    return Result(ctx.need("event", ctx.args[0])["doc"])


def webhook_doc(ctx: Context, endpoint: Json) -> Json:
    """An endpoint."""
    return {
        "id": endpoint["id"],
        "url": endpoint["url"],
        "event_types": [{"name": name} for name in endpoint["types"]],
        "links": [link(ctx, "self", f"/v1/notifications/webhooks/{endpoint['id']}")],
    }


def _event(text: str) -> Json:
    doc: Json = json.loads(text)["doc"]
    return doc


def _validation(name: str, message: str) -> PayPalError:
    return PayPalError(400, name, message)


ROUTES = (
    route("POST", "/v1/notifications/webhooks", create_webhook, scope=SCOPE),
    route("GET", "/v1/notifications/webhooks", list_webhooks, scope=SCOPE),
    route("DELETE", "/v1/notifications/webhooks/*", delete_webhook, scope=SCOPE),
    route("GET", "/v1/notifications/webhooks-events", list_events, scope=SCOPE),
    route("GET", "/v1/notifications/webhooks-events/*", retrieve_event, scope=SCOPE),
)
