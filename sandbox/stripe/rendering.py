"""How an event looks to an endpoint: the pinned version, an older version, or thin."""

from typing import Any

from sandbox.wire import Json

# Before this release charges named their invoice and subscriptions their period (reference 2.2).
BASIL = "2025-03-31"


def for_endpoint(event: Json, endpoint: Json, *, style: str) -> Json:
    """Write an event the way this endpoint was set up."""
    if style == "thin":
        return thin(event)
    version = endpoint.get("api_version") or event["api_version"]
    rendered = {**event, "api_version": version}
    if version < BASIL:
        rendered["data"] = {
            **event["data"],
            "object": before_basil(event["data"]["object"]),
        }
    return rendered


def thin(event: Json) -> Json:
    """Write only what happened to which object."""
    about = event["data"]["object"]
    return {
        "id": event["id"],
        "object": "v2.core.event",
        "type": f"v1.{event['type']}",
        "livemode": event["livemode"],
        "created": event["created"],
        "related_object": {
            "id": about["id"],
            "type": about["object"],
            "url": f"/v1/{about['object']}s/{about['id']}",
        },
    }


def before_basil(about: Json) -> Json:
    """Add the fields that older versions had on charges, intents, subscriptions and invoices."""
    kind = about.get("object")
    if kind in {"charge", "payment_intent"}:
        return {**about, "invoice": None}
    if kind == "subscription":
        items: list[dict[str, Any]] = about["items"]["data"]
        return {
            **about,
            "current_period_start": min(item["current_period_start"] for item in items),
            "current_period_end": max(item["current_period_end"] for item in items),
        }
    if kind == "invoice":
        details = (about.get("parent") or {}).get("subscription_details") or {}
        return {
            **about,
            "subscription": details.get("subscription"),
            "paid": about["status"] == "paid",
        }
    return about
