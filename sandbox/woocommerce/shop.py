"""One shop inside one call: its objects, ids, settings and time."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import parse_qsl

from sandbox.provider import Call
from sandbox.shelf import Match, Shelf
from sandbox.store import keep_setting
from sandbox.wire import Json
from sandbox.woocommerce.auth import PROVIDER
from sandbox.woocommerce.errors import invalid_id
from sandbox.woocommerce.money import written

INDEXED = {
    "order": ("customer_id", "subscription"),
    "refund": ("parent_id",),
}
FIRST_ID = 1000
# Shop-local times differ from GMT, so that nobody confuses the two.
LOCAL_OFFSET_S = 3600


def shelf_name(account: str) -> str:
    """Where a shop's objects are kept."""
    return f"{PROVIDER}/{account}"


@dataclass
class Result:
    """What an endpoint answers, and what it did."""

    body: object
    effect: str | None = None
    ids: tuple[str, ...] = ()
    amount: int | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class Shop:
    """A shop as one call sees it. `notices`: topics and objects to tell webhooks about."""

    def __init__(self, call: Call, *, silent: bool = False, arrived: float = 0.0) -> None:
        self.call, self.db, self.now = call, call.db, int(call.now)
        self.account = call.identity.account
        self.shelf = Shelf(call.db, shelf_name(self.account), INDEXED)
        self.silent, self.arrived = silent, arrived
        self.query = dict(parse_qsl(call.request.query, keep_blank_values=True))
        self.notices: list[tuple[str, int]] = []

    @property
    def params(self) -> Json:
        """The JSON body of a write, its query as well."""
        sent = json.loads(self.call.request.body or b"{}")
        return {**self.query, **(sent if isinstance(sent, dict) else {})}

    @property
    def currency(self) -> str:
        """The currency of the shop's settings."""
        return self.setting("currency", "EUR")

    @property
    def decimals(self) -> int:
        """The shop's number of decimals, for every currency."""
        return int(self.setting("decimals", "2"))

    def setting(self, name: str, default: str) -> str:
        """A setting of this shop, or of all shops."""
        for full in (f"{PROVIDER}.{name}.{self.account}", f"{PROVIDER}.{name}"):
            row = self.db.execute("SELECT value FROM settings WHERE name = ?", (full,)).fetchone()
            if row is not None:
                return str(row[0])
        return default

    def set_setting(self, name: str, value: object) -> None:
        """Keep a setting of this shop."""
        keep_setting(self.db, name=f"{PROVIDER}.{name}.{self.account}", value=str(value))

    def new_id(self) -> int:
        """The next number; no two shops share one, so that sums over all of them stay apart."""
        number = int(self._counter()) + 1
        keep_setting(self.db, name=f"{PROVIDER}.last_id", value=str(number))
        return number

    def written(self, amount: Decimal) -> str:
        """An amount as this shop writes it."""
        return written(amount, self.decimals)

    def need(self, kind: str, number: object) -> Json:
        """An object that must be there."""
        found = self.shelf.find(kind, str(number))
        if found is None:
            raise invalid_id(ERROR_NAMES.get(kind, kind))
        return found

    def add(self, kind: str, body: Json, extra: Json | None = None) -> Json:
        """Store a new object, made and modified now unless it says otherwise."""
        body.setdefault("created", self.now)
        body.setdefault("modified", body["created"])
        self.shelf.add(kind, body, extra)
        self.tell(kind, "created", body["id"])
        return body

    def save(self, kind: str, body: Json) -> None:
        """Store a change; it moves the time of modification, as in every shop."""
        body["modified"] = max(self.now, body["modified"])
        self.shelf.save(kind, body)
        self.tell(kind, "updated", body["id"])

    def all(self, kind: str, *matches: Match) -> list[Json]:
        """Every object of a kind, newest first."""
        return self.shelf.all(kind, *matches)

    def tell(self, kind: str, event: str, number: int) -> None:
        """Note what webhooks must hear of."""
        if not self.silent and kind in TOPICS:
            self.notices.append((f"{kind}.{event}", number))

    def _counter(self) -> str:
        row = self.db.execute(
            "SELECT value FROM settings WHERE name = ?", (f"{PROVIDER}.last_id",)
        ).fetchone()
        return str(FIRST_ID) if row is None else str(row[0])


TOPICS = frozenset({"order", "customer", "coupon", "product", "subscription"})
ERROR_NAMES = {
    "order": "shop_order",
    "coupon": "shop_coupon",
    "customer": "customer",
    "subscription": "shop_subscription",
    "webhook": "shop_webhook",
    "refund": "shop_order_refund",
}
Handler = Callable[[Shop, tuple[str, ...]], Result]


def gmt(seconds: float | None) -> str | None:
    """A `*_gmt` time: UTC without a zone suffix."""
    return (
        None if not seconds else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    )


def local(seconds: float | None) -> str | None:
    """The same time as the shop's clock shows it."""
    return None if not seconds else gmt(seconds + LOCAL_OFFSET_S)


def dates(**times: float | None) -> Json:
    """Each time twice, local and GMT."""
    made: Json = {}
    for name, seconds in times.items():
        made[name], made[f"{name}_gmt"] = local(seconds), gmt(seconds)
    return made
