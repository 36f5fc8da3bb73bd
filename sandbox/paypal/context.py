"""What a PayPal endpoint works with: caller, body, the account's records, events."""

import json
import random
import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sandbox.outbox import Notice, enqueue
from sandbox.paypal.auth import PREFIX, PROVIDER
from sandbox.paypal.errors import missing
from sandbox.provider import Call
from sandbox.shelf import Match, Shelf
from sandbox.wire import Json

LETTERS = string.ascii_uppercase + string.digits
# Account ids leave out what can be misread.
PLAIN_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
INDEXED: dict[str, tuple[str, ...]] = {
    "capture": ("order", "authorization", "subscription"),
    "authorization": ("order",),
    "refund": ("capture",),
    "dispute": ("capture",),
    "event": ("type",),
    "webhook": (),
}


@dataclass(frozen=True)
class Result:
    """What an endpoint did: the document to show (None: empty), and what the journal says."""

    body: Json | None
    effect: str | None = None
    ids: tuple[str, ...] = ()
    amount: int | None = None
    status: int = 200


@dataclass
class Context:
    """One endpoint call; also used, without a request, by control acts, jobs and seeds."""

    call: Call
    shelf: Shelf
    params: dict[str, str] = field(default_factory=dict)
    body: Json = field(default_factory=dict)
    args: tuple[str, ...] = ()
    rng: random.Random | None = None
    silent: bool = False

    @property
    def now(self) -> int:
        """The sandbox time in whole seconds."""
        return int(self.call.now)

    @property
    def base(self) -> str:
        """The address that links lead to."""
        host = self.call.request.headers.get("host")
        return f"http://{host}{PREFIX}" if host else "https://api-m.sandbox.paypal.com"

    def new_id(self, *lengths: int, prefix: str = "") -> str:
        """An id of upper-case letters and digits, in groups."""
        choose: Callable[[str], str] = self.rng.choice if self.rng else secrets.choice
        groups = ("".join(choose(LETTERS) for _ in range(length)) for length in lengths or (17,))
        return prefix + "-".join(groups)

    def new_payer_id(self) -> str:
        """The id of an account, of a buyer or of a merchant."""
        choose: Callable[[str], str] = self.rng.choice if self.rng else secrets.choice
        return "".join(choose(PLAIN_LETTERS) for _ in range(13))

    def need(self, kind: str, object_id: str) -> Json:
        """Read a record, or refuse as PayPal does."""
        found = self.shelf.find(kind, object_id)
        if found is None:
            raise missing(object_id)
        return found

    def of(self, kind: str, field_name: str, value: str) -> list[Json]:
        """Records of a kind by an indexed field, oldest first."""
        return self.shelf.all(kind, Match(field_name, (value,)))[::-1]

    def setting(self, name: str, default: str) -> str:
        """Read a switch of this provider."""
        row = self.call.db.execute(
            "SELECT value FROM settings WHERE name = ?", (f"{PROVIDER}.{name}",)
        ).fetchone()
        return default if row is None else str(row[0])

    def emit(self, kind: str, resource_type: str, resource: Json) -> None:
        """Record an event and write down one webhook for each endpoint that wants it."""
        if self.silent:
            return
        event = {
            "id": self.new_id(17, 17, prefix="WH-"),
            "event_version": "1.0",
            "create_time": iso(self.now),
            "resource_type": resource_type,
            "resource_version": "2.0",
            "event_type": kind,
            "summary": kind.replace(".", " ").capitalize(),
            "resource": resource,
            "links": [],
        }
        self.shelf.add(
            "event", {"id": event["id"], "created": self.now, "type": kind, "doc": event}
        )
        for endpoint in self.shelf.all("webhook"):
            if "*" in endpoint["types"] or kind in endpoint["types"]:
                self.call.deliveries.append(self._notify(endpoint, event))

    def _notify(self, endpoint: Json, event: Json) -> int:
        notice = Notice(
            PROVIDER,
            self.call.identity.account,
            self.shelf.name,
            endpoint["id"],
            event["id"],
            event["event_type"],
            endpoint["url"],
            json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode(),
        )
        return enqueue(self.call.db, notice, self.call.now)


def shelf_name(account: str) -> str:
    """Name the shelf of an account's records."""
    return f"{PROVIDER}/{account}"


def shelf_of(call: Call, account: str = "") -> Shelf:
    """The shelf of the caller's account."""
    shelf = Shelf(call.db, shelf_name(account or call.identity.account), INDEXED)
    shelf.visible_at = call.visible_at
    return shelf


def iso(seconds: float) -> str:
    """A time as PayPal writes it."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds_of(text: str) -> int:
    """Read a time with offset."""
    return int(datetime.fromisoformat(text).timestamp())


def link(ctx: Context, rel: str, path: str, method: str = "GET") -> dict[str, Any]:
    """A HATEOAS link."""
    return {"href": f"{ctx.base}{path}", "rel": rel, "method": method}
