"""The door of the WooCommerce folder: from an HTTP request to a route and back."""

import sqlite3
import threading
import time

from sandbox.provider import Call, Parcel
from sandbox.wire import Identity, Json, Outcome, Request, Response, json_response
from sandbox.woocommerce import creation, grants, hooks, money, routes, seed
from sandbox.woocommerce.auth import PROVIDER, Door, check_right
from sandbox.woocommerce.errors import BROKEN, WooError, critical
from sandbox.woocommerce.refunds import EMPTY, MovedError
from sandbox.woocommerce.shop import Result, Shop

PREFIX = f"/{PROVIDER}/wp-json"
MOST_ARRIVALS = 1000


class WooCommerceProvider:
    """Plays WooCommerce."""

    name = PROVIDER
    has_gateways_behind = True
    # One database answers everything.
    lagging = None

    def __init__(self) -> None:
        self._door = Door()
        self._arrivals: dict[int, float] = {}
        self._pauses: dict[int, float] = {}
        self._lock = threading.Lock()

    def identify(self, request: Request, db: sqlite3.Connection) -> Identity | Response:
        """Find the shop behind the keys, or refuse."""
        if grants.is_grant(request):
            return grants.identify(request)
        try:
            identity = self._door.identify(request, db)
            check_right(db, identity, request.method)
        except WooError as error:
            return error.response()
        if request.path.endswith("/refunds") and self.is_write(request):
            pause = _setting(db, "gateway_ms", identity.account)
            with self._lock:
                self._pauses[id(request)] = int(pause or 0) / 1000
        return identity

    def is_write(self, request: Request) -> bool:
        """Whether anything can change."""
        return request.method not in {"GET", "HEAD", "OPTIONS"} or grants.is_grant(request)

    def key_of(self, request: Request) -> str | None:
        """A shop ignores every key; the journal still shows what was sent."""
        return request.headers.get("idempotency-key") or None

    def claim_of(self, request: Request, identity: Identity) -> str | None:
        """Nothing is locked: a shop lets everything run at once."""
        if self.is_write(request):
            with self._lock:
                if len(self._arrivals) > MOST_ARRIVALS:
                    self._arrivals.clear()
                self._arrivals[id(request)] = time.monotonic()
                pause = self._pauses.pop(id(request), 0.0)
            # What arrives while the payment gateway takes its time does not see this refund.
            time.sleep(pause)
        return None

    def busy(self, request: Request) -> Response:
        """Never asked, because nothing is claimed."""
        return critical().response()

    def perform(self, call: Call) -> Outcome:
        """Do what the request says; refusals leave the shop untouched."""
        with self._lock:
            arrived = self._arrivals.pop(id(call.request), 0.0)
        if grants.is_grant(call.request):
            return grants.perform(call)
        if not self.is_write(call.request):
            return _read(call)
        if call.stored_500 and not call.has_effect:
            return Outcome(critical().response())
        return _write(call, arrived)

    def fault_response(self, kind: str, *, wait_s: float) -> Response:
        """Answer as an overloaded host, or as a shop whose code broke."""
        if kind == "rate_limited":
            headers = {"Content-Type": "text/html", "Retry-After": str(max(1, round(wait_s)))}
            return Response(429, b"<html><body><h1>Too Many Requests</h1></body></html>", headers)
        return critical().response()

    def parcel(self, db: sqlite3.Connection, delivery: sqlite3.Row, now: float) -> Parcel | None:
        """Build and sign a webhook at the moment it leaves."""
        return hooks.parcel(db, delivery, now)

    def money(self, db: sqlite3.Connection, account: str | None) -> dict[str, Json]:
        """Add up the money that really moved, by order."""
        return money.totals(db, account)

    def act(self, call: Call, order: Json) -> Json:
        """Do what a person would do in the shop's own pages."""
        return creation.act(call, order)

    def create(self, call: Call, order: Json) -> Json:
        """Open shops and fill them for a test."""
        return creation.create(call, order)

    def run_job(self, db: sqlite3.Connection, job: sqlite3.Row, now: float) -> list[int]:
        """Nothing in a shop falls due by itself here."""
        return []

    def seed(self, db: sqlite3.Connection, profile: str, now: float) -> None:
        """Fill an empty store."""
        seed.fill(db, profile, now)


def _setting(db: sqlite3.Connection, name: str, account: str) -> str:
    row = db.execute(
        "SELECT value FROM settings WHERE name = ?", (f"{PROVIDER}.{name}.{account}",)
    ).fetchone()
    return "" if row is None else str(row[0])


def _read(call: Call) -> Outcome:
    try:
        return _outcome(_handled(call, Shop(call)))
    except WooError as error:
        return Outcome(error.response())


def _write(call: Call, arrived: float) -> Outcome:
    call.db.execute("SAVEPOINT route")
    shop = Shop(call, arrived=arrived)
    try:
        outcome = _outcome(_handled(call, shop))
    except MovedError as moved:
        return Outcome(moved.refusal.response(), "refund.created", moved.ids, moved.amount)
    except WooError as error:
        call.db.execute("ROLLBACK TO route")
        call.deliveries.clear()
        return Outcome(error.response())
    hooks.announce(shop)
    if call.stored_500:
        return Outcome(critical().response(), outcome.effect, outcome.ids, outcome.amount)
    return outcome


def _handled(call: Call, shop: Shop) -> Result:
    path = call.request.path.removeprefix(PREFIX)
    handler, args = routes.find(call.request.method, path)
    return handler(shop, args)


def _outcome(result: Result) -> Outcome:
    if result.body is EMPTY:
        # PHP died in the payment gateway's code: 200, and not a byte (reference A5).
        return Outcome(Response(200, b""), result.effect, result.ids, result.amount)
    response = json_response(result.status, result.body, dict(result.headers))
    assert response.status != BROKEN  # noqa: S101  refusals are raised
    return Outcome(response, result.effect, result.ids, result.amount)
