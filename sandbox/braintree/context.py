"""What a Braintree endpoint works with: caller, parameters, the merchant's objects, webhooks."""

import base64
import random
import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sandbox.braintree import xml
from sandbox.braintree.errors import NOT_FOUND, BraintreeError
from sandbox.outbox import Notice, enqueue
from sandbox.provider import Call
from sandbox.shelf import Shelf
from sandbox.wire import Json

PROVIDER = "braintree"
ID_LENGTH = 8
ALPHABET = string.ascii_lowercase + string.digits
INDEXED: dict[str, tuple[str, ...]] = {
    "transaction": ("type", "order_id", "customer.id", "refunded_transaction_id"),
    "customer": ("email",),
    "dispute": ("transaction.id",),
    "subscription": ("status", "_customer"),
}
HOOK = "webhook_url"


def shelf_name(account: str) -> str:
    """Name the shelf of a merchant's objects."""
    return f"{PROVIDER}/{account}"


def random_id() -> str:
    """Make an id that nobody can guess."""
    return "".join(secrets.choice(ALPHABET) for _ in range(ID_LENGTH))


def seeded_ids(rng: random.Random) -> Callable[[], str]:
    """Make the ids of an invented past, the same for everybody."""
    return lambda: "".join(rng.choice(ALPHABET) for _ in range(ID_LENGTH))


def instant(seconds: float) -> str:
    """Write a time as Braintree does."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def day(seconds: float) -> str:
    """Write a date as Braintree does."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")


@dataclass(frozen=True)
class Result:
    """What an endpoint did: the element to show, and what the journal says about it."""

    tag: str
    body: object
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
    query: Json = field(default_factory=dict)
    new_id: Callable[[], str] = random_id
    silent: bool = False
    told: list[Json] = field(default_factory=list)

    @property
    def now(self) -> int:
        """The sandbox time in whole seconds."""
        return int(self.call.now)

    @property
    def account(self) -> str:
        """The merchant's id."""
        return self.call.identity.account

    def need(self, kind: str, object_id: str) -> Json:
        """Read an object, or answer 404."""
        found = self.shelf.find(kind, object_id)
        if found is None:
            raise BraintreeError(status=NOT_FOUND)
        return found

    def setting(self, name: str, default: str) -> str:
        """Read a switch of this provider."""
        row = self.call.db.execute(
            "SELECT value FROM settings WHERE name = ?", (f"{PROVIDER}.{name}",)
        ).fetchone()
        return default if row is None else str(row[0])

    def tell(self, kind: str, tag: str, subject: Json) -> None:
        """Write down one webhook, if the merchant has pasted an address."""
        if self.silent:
            return
        inner = f"<subject>{xml.element(tag, subject)}</subject>"
        text = (
            f"<notification>{xml.element('timestamp', instant(self.call.now))}"
            f"<kind>{kind}</kind>{inner}</notification>"
        )
        payload = base64.encodebytes(text.encode()).decode()
        self.told.append({"kind": kind, "bt_payload": payload})
        url = self.setting(f"{HOOK}.{self.account}", "")
        if url:
            notice = Notice(
                PROVIDER,
                self.account,
                self.shelf.name,
                url,
                random_id(),
                kind,
                url,
                payload.encode(),
            )
            self.call.deliveries.append(enqueue(self.call.db, notice, self.call.now))
