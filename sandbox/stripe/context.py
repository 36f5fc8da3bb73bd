"""What a Stripe endpoint works with: caller, parameters, the account's objects, events."""

import json
import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.outbox import Notice, enqueue
from sandbox.provider import Call
from sandbox.shelf import Shelf
from sandbox.stripe import rendering
from sandbox.stripe.errors import missing
from sandbox.wire import Json

PROVIDER = "stripe"
API_VERSION = "2026-10-28.endive"
ALPHABET = string.ascii_letters + string.digits
ID_LENGTH = 24

INDEXED: dict[str, tuple[str, ...]] = {
    "customer": ("email",),
    "charge": ("customer", "payment_intent", "transfer_group"),
    "payment_intent": ("customer",),
    "refund": ("charge", "payment_intent"),
    "dispute": ("charge", "payment_intent"),
    "radar.early_fraud_warning": ("charge", "payment_intent"),
    "product": ("active", "id"),
    "price": ("active", "product", "type", "currency", "lookup_key"),
    "promotion_code": ("active", "code", "promotion.coupon", "customer"),
    "subscription": ("customer", "status", "items.data.price.id", "collection_method"),
    "invoice": (
        "customer",
        "status",
        "collection_method",
        "parent.subscription_details.subscription",
    ),
    "invoice_payment": ("invoice", "status", "payment.payment_intent"),
    "payment_method": ("customer", "type"),
    "event": ("type",),
    "balance_transaction": ("source", "type"),
    "tax_id": ("customer",),
    "checkout.session": ("customer", "payment_intent", "status"),
    "setup_intent": ("customer", "payment_method"),
}


def shelf_name(account: str, *, livemode: bool) -> str:
    """Name the shelf of an account's objects in one mode."""
    return f"{PROVIDER}/{account}/{'live' if livemode else 'test'}"


def random_id(prefix: str) -> str:
    """Make an id that nobody can guess."""
    return prefix + "".join(secrets.choice(ALPHABET) for _ in range(ID_LENGTH))


@dataclass(frozen=True)
class Result:
    """What an endpoint did: the object to show, and what the journal says about it."""

    body: Json | str
    effect: str | None = None
    ids: tuple[str, ...] = ()
    amount: int | None = None
    status: int = 200


@dataclass
class Context:
    """One endpoint call; also used, without a request, by control acts, jobs and seeds."""

    call: Call
    shelf: Shelf
    params: Json = field(default_factory=dict)
    args: tuple[str, ...] = ()
    new_id: Callable[[str], str] = random_id
    request_id: str | None = None
    silent: bool = False

    @property
    def now(self) -> int:
        """The sandbox time in whole seconds."""
        return int(self.call.now)

    @property
    def livemode(self) -> bool:
        """Whether the caller's key is a live one."""
        return self.call.identity.livemode

    def need(self, kind: str, object_id: str, *, param: str = "id") -> Json:
        """Read an object, or refuse as Stripe does."""
        found = self.shelf.find(kind, object_id)
        if found is None:
            raise missing(kind, object_id, param=param)
        return found

    def setting(self, name: str, default: str) -> str:
        """Read a switch of this provider."""
        row = self.call.db.execute(
            "SELECT value FROM settings WHERE name = ?", (f"{PROVIDER}.{name}",)
        ).fetchone()
        return default if row is None else str(row[0])

    def emit(self, kind: str, about: Json, previous: Json | None = None) -> None:
        """Record an event and write down one webhook for each endpoint that wants it."""
        if self.silent:
            return
        event = event_body(self, kind, about, previous)
        self.shelf.add("event", event)
        for endpoint in self.shelf.all("webhook_endpoint"):
            if wants(endpoint, kind):
                self.call.deliveries.append(self._notify(endpoint, event))

    def _notify(self, endpoint: Json, event: Json) -> int:
        extra = self.shelf.hidden("webhook_endpoint", endpoint["id"])
        sent = rendering.for_endpoint(event, endpoint, style=extra.get("style", "snapshot"))
        notice = Notice(
            PROVIDER,
            self.call.identity.account,
            self.shelf.name,
            endpoint["id"],
            event["id"],
            event["type"],
            endpoint["url"],
            json.dumps(sent, ensure_ascii=False, indent=2).encode(),
        )
        return enqueue(self.call.db, notice, self.call.now)


def event_body(ctx: Context, kind: str, about: Json, previous: Json | None) -> Json:
    """Write an event about an object as it is now."""
    data: Json = {"object": about}
    if previous is not None:
        data["previous_attributes"] = previous
    return {
        "id": ctx.new_id("evt_1"),
        "object": "event",
        "api_version": API_VERSION,
        "created": ctx.now,
        "data": data,
        "livemode": ctx.livemode,
        "pending_webhooks": 0,
        "request": {"id": ctx.request_id, "idempotency_key": ctx.call.key},
        "type": kind,
    }


def wants(endpoint: Json, kind: str) -> bool:
    """Tell whether an endpoint is enabled for a type of event."""
    enabled: list[Any] = endpoint["enabled_events"]
    return endpoint["status"] == "enabled" and ("*" in enabled or kind in enabled)
