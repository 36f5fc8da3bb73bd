"""What a Recurly endpoint works with: caller, parameters, the site's objects, webhooks."""

import json
import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sandbox.outbox import Notice, enqueue
from sandbox.provider import Call
from sandbox.recurly.errors import missing
from sandbox.shelf import Shelf
from sandbox.wire import Identity, Json

PROVIDER = "recurly"
# Times as numbers, for sorting; Recurly shows `created_at` and `updated_at` only.
HIDDEN = ("created", "updated")
_ALPHABET = string.ascii_lowercase + string.digits
_ID_LENGTH = 13


def shelf_name(account: str) -> str:
    """Name the shelf of a site's objects."""
    return f"{PROVIDER}/{account}"


def random_id() -> str:
    """Make an id that nobody can guess."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_ID_LENGTH))


def stamp(moment: float | None) -> str | None:
    """A time as Recurly writes it."""
    if moment is None:
        return None
    return datetime.fromtimestamp(int(moment), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds(text: str) -> float:
    """A time of a request as seconds; UTC where it names no zone."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def shown(body: Any) -> Any:
    """An object as Recurly shows it."""
    if isinstance(body, list):
        return [shown(each) for each in body]
    if not isinstance(body, dict):
        return body
    return {name: shown(value) for name, value in body.items() if name not in HIDDEN}


@dataclass(frozen=True)
class Result:
    """What an endpoint did: the object to show, and what the journal says about it."""

    body: Json
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
    new_id: Callable[[], str] = random_id
    silent: bool = False
    events: list[Json] = field(default_factory=list)

    @property
    def now(self) -> int:
        """The sandbox time in whole seconds."""
        return int(self.call.now)

    @property
    def site(self) -> Json:
        """The site that the key opens."""
        return self.need("site", self.call.identity.account)

    def need(self, kind: str, object_id: str) -> Json:
        """Read an object by id, `uuid-…`, `code-…` or `number-…`, or refuse as Recurly does."""
        prefix, _, rest = object_id.partition("-")
        if rest and prefix in {"uuid", "code", "number"}:
            found = next((each for each in self.shelf.all(kind) if each.get(prefix) == rest), None)
        else:
            found = self.shelf.find(kind, object_id)
        if found is None:
            raise missing(kind, object_id)
        return found

    def add(self, kind: str, body: Json, extra: Json | None = None) -> Json:
        """Store a new object."""
        self.shelf.add(kind, body, extra)
        return body

    def save(self, kind: str, body: Json) -> Json:
        """Store the new state of an object, changed now."""
        body["updated"], body["updated_at"] = self.now, stamp(self.now)
        self.shelf.save(kind, body)
        return body

    def setting(self, name: str, default: str) -> str:
        """Read a switch of this provider."""
        row = self.call.db.execute(
            "SELECT value FROM settings WHERE name = ?", (f"{PROVIDER}.{name}",)
        ).fetchone()
        return default if row is None else str(row[0])

    def emit(self, object_type: str, event_type: str, about: Json) -> None:
        """Write down one webhook for each endpoint (reference B4): ids only, no state."""
        if self.silent:
            return
        event = {
            "id": about["id"],
            "object_type": object_type,
            "site_id": self.call.identity.account,
            "event_type": event_type,
            "event_time": stamp(self.now),
            "uuid": about.get("uuid"),
        }
        self.events.append(event)
        for endpoint in self.shelf.all("endpoint"):
            notice = Notice(
                PROVIDER,
                self.call.identity.account,
                self.shelf.name,
                endpoint["id"],
                f"{about['id']}:{event_type}",
                f"{object_type}.{event_type}",
                endpoint["url"],
                json.dumps(event).encode(),
            )
            self.call.deliveries.append(enqueue(self.call.db, notice, self.call.now))


def context_of(call: Call, shelf: str) -> Context:
    """Work on a shelf in the name of its site."""
    call.identity = Identity(shelf.partition("/")[2])
    return Context(call, Shelf(call.db, shelf, {}))
