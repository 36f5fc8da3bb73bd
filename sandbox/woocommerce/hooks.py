"""Webhooks: made by API, pinged without a signature, built at delivery, never sent again (A4)."""

import base64
import hashlib
import hmac
import json
import sqlite3
import time

from sandbox.outbox import Notice, enqueue
from sandbox.provider import Call, Parcel
from sandbox.shelf import Shelf
from sandbox.wire import Identity, Json, Request
from sandbox.woocommerce import grants
from sandbox.woocommerce.auth import PROVIDER
from sandbox.woocommerce.errors import INVALID, WooError, invalid_param
from sandbox.woocommerce.lists import collection
from sandbox.woocommerce.rendering import shown
from sandbox.woocommerce.shop import INDEXED, Result, Shop, shelf_name
from sandbox.woocommerce.subscriptions import has_plugin

PING = "ping"
_EVENTS = {
    "order": ("created", "updated", "deleted", "restored"),
    "customer": ("created", "updated", "deleted"),
    "coupon": ("created", "updated", "deleted", "restored"),
    "product": ("created", "updated", "deleted", "restored"),
    "subscription": ("created", "updated", "deleted", "switched"),
}
_AGENT = "WooCommerce/10.9.1 Hookshot (WordPress/7.0.4)"


def created(shop: Shop, _args: tuple[str, ...]) -> Result:
    """POST /webhooks: the answer never shows the secret; a ping follows."""
    params = shop.params
    topic, url = str(params.get("topic", "")), str(params.get("delivery_url", ""))
    if not url.startswith(("http://", "https://")):
        raise invalid_param("delivery_url", "delivery_url is not a valid URL.")
    if not _is_known(shop, topic):
        raise WooError(
            "woocommerce_rest_webhook_invalid_topic",
            "Webhook topic is required and must be valid.",
            status=INVALID,
        )
    body: Json = {
        "id": shop.new_id(),
        "name": params.get("name") or "Webhook",
        "status": "active",
        "topic": topic,
        "resource": topic.partition(".")[0],
        "event": topic.partition(".")[2],
        "hooks": [f"woocommerce_{topic.replace('.', '_')}"],
        "delivery_url": url,
    }
    shop.add("webhook", body, {"secret": str(params.get("secret", ""))})
    _send(shop, body, PING, int(body["id"]))
    return Result(shown(shop, "webhook", body), "webhook.created", (str(body["id"]),), status=201)


def listed(shop: Shop, _args: tuple[str, ...]) -> Result:
    """GET /webhooks."""
    return collection(shop, "webhook", shop.all("webhook"))


def retrieved(shop: Shop, args: tuple[str, ...]) -> Result:
    """GET /webhooks/{id}."""
    return Result(shown(shop, "webhook", shop.need("webhook", args[0])), ids=args)


def updated(shop: Shop, args: tuple[str, ...]) -> Result:
    """PUT /webhooks/{id}: `status` active revives a disabled one."""
    body = shop.need("webhook", args[0])
    body["status"] = shop.params.get("status", body["status"])
    shop.save("webhook", body)
    return Result(shown(shop, "webhook", body), "webhook.updated", args)


def deleted(shop: Shop, args: tuple[str, ...]) -> Result:
    """DELETE /webhooks/{id}?force=true; webhooks have no bin."""
    body = shop.need("webhook", args[0])
    if shop.params.get("force") != "true":
        raise WooError(
            "woocommerce_rest_trash_not_supported",
            "Webhooks do not support trashing.",
            status=501,
        )
    shop.shelf.remove("webhook", args[0])
    return Result(shown(shop, "webhook", body), "webhook.deleted", args)


def announce(shop: Shop) -> list[int]:
    """Queue what this call changed; one pending delivery per webhook and object is enough."""
    sent: list[int] = []
    hooks = [each for each in shop.all("webhook") if each["status"] == "active"]
    for topic, number in dict.fromkeys(shop.notices):
        sent += [
            _send(shop, hook, topic, number)
            for hook in hooks
            if hook["topic"] == topic and not _is_pending(shop, hook, number)
        ]
    return sent


def parcel(db: sqlite3.Connection, delivery: sqlite3.Row, now: float) -> Parcel | None:
    """Build and sign a webhook as it leaves; a failed one is never sent again."""
    if delivery["type"] == grants.TYPE:
        return grants.parcel(delivery["body"], attempts=delivery["attempts"])
    shelf = Shelf(db, delivery["shelf"], INDEXED)
    hook = shelf.find("webhook", delivery["endpoint"])
    if hook is None or hook["status"] != "active" or delivery["attempts"] > 0:
        return None
    if delivery["type"] == PING:
        form = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": _AGENT}
        return Parcel(form, f"webhook_id={hook['id']}".encode())
    call = Call(Request("GET", "", "", {}, b""), Identity(delivery["account"]), db, now)
    body = payload(Shop(call), delivery["type"], delivery["event"])
    secret = shelf.hidden("webhook", delivery["endpoint"])["secret"]
    resource, _, event = delivery["type"].partition(".")
    headers = {
        "Content-Type": "application/json",
        "User-Agent": _AGENT,
        "X-WC-Webhook-Source": f"https://{delivery['account']}.example/",
        "X-WC-Webhook-Topic": delivery["type"],
        "X-WC-Webhook-Resource": resource,
        "X-WC-Webhook-Event": event,
        "X-WC-Webhook-Signature": signature(body, secret),
        "X-WC-Webhook-ID": str(hook["id"]),
        # Two deliveries of one webhook in one second share it.
        "X-WC-Webhook-Delivery-ID": hashlib.md5(  # noqa: S324  as the shop does
            f"{hook['id']}{int(time.time())}".encode()
        ).hexdigest(),
        "Connection": "close",
    }
    return Parcel(headers, body)


def payload(shop: Shop, topic: str, number: str) -> bytes:
    """The object as it is now, whatever the topic says; only its id once it is deleted."""
    kind, _, event = topic.partition(".")
    body = None if event == "deleted" else shop.shelf.find(kind, number)
    told = {"id": int(number)} if body is None else shown(shop, kind, body)
    return json.dumps(told, ensure_ascii=False).encode()


def signature(body: bytes, secret: str) -> str:
    """Base64 of the raw digest; no time is signed."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def _is_known(shop: Shop, topic: str) -> bool:
    resource, _, event = topic.partition(".")
    if resource == "action":
        return bool(event)
    if resource == "subscription" and not has_plugin(shop):
        return False
    return event in _EVENTS.get(resource, ())


def _send(shop: Shop, hook: Json, topic: str, number: int) -> int:
    notice = Notice(
        PROVIDER,
        shop.account,
        shelf_name(shop.account),
        str(hook["id"]),
        str(number),
        topic,
        hook["delivery_url"],
        b"",
    )
    sent = enqueue(shop.db, notice, shop.call.now)
    shop.call.deliveries.append(sent)
    return sent


def _is_pending(shop: Shop, hook: Json, number: int) -> bool:
    row = shop.db.execute(
        "SELECT 1 FROM deliveries WHERE provider = ? AND endpoint = ? AND event = ?"
        " AND type <> ? AND state = 'pending'",
        (PROVIDER, str(hook["id"]), str(number), PING),
    ).fetchone()
    return row is not None
