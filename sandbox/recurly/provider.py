"""The door of the Recurly folder: from an HTTP request to an endpoint and back."""

import base64
import binascii
import json
import re
import secrets
import sqlite3
import time
from typing import Any
from urllib.parse import parse_qsl

from sandbox.credentials import find_credential
from sandbox.provider import Call, Parcel
from sandbox.recurly import acts, creation, endpoints, idempotency, money, seed, signing
from sandbox.recurly.context import PROVIDER, Context, Result, shelf_name, shown
from sandbox.recurly.errors import RecurlyError, malformed
from sandbox.shelf import Shelf
from sandbox.wire import Identity, Json, Outcome, Request, Response, json_response

PREFIX = f"/{PROVIDER}"
# Lists, and what makes something that stands in one.
LAGGING = re.compile(
    r"^GET /recurly/([a-z_]+s|accounts/[^/]+/[a-z_]+s)$"
    r"|^POST /recurly/(purchases|subscriptions|invoices/[^/]+/refund)$"
)
ACCEPT = "application/vnd.recurly.v2021-02-25"
WINDOW_S = 300


class RecurlyProvider:
    """Plays Recurly."""

    name = PROVIDER
    has_gateways_behind = True
    lagging = LAGGING

    def identify(self, request: Request, db: sqlite3.Connection) -> Identity | Response:
        """Find the site behind the key, or refuse."""
        found = find_credential(db, PROVIDER, _secret(request.headers.get("authorization", "")))
        if found is None or found.state != "active":
            message = "Invalid API key. See your key at https://app.recurly.com"
            return _refused(RecurlyError(401, "unauthorized", message))
        if request.headers.get("accept") != ACCEPT:
            return _refused(RecurlyError(406, "invalid_api_version", "Unknown API version."))
        return Identity(found.account, permissions=found.permissions, credential=found.secret)

    def is_write(self, request: Request) -> bool:
        """Recurly reads with GET and HEAD only."""
        return request.method != "GET"

    def key_of(self, request: Request) -> str | None:
        """Read the Idempotency-Key header."""
        return idempotency.key_in(request)

    def claim_of(self, request: Request, identity: Identity) -> str | None:
        """Let one key run once at a time."""
        key = idempotency.key_in(request)
        return f"{idempotency.scope_of(request, identity)}/{key}" if key else None

    def busy(self, request: Request) -> Response:
        """Answer 409: the same key is in progress (reference B5)."""
        error = RecurlyError(409, "simultaneous_request", "The key is in flight.")
        return _refused(error, **{"Recurly-Should-Retry": "true", "Retry-After": "1"})

    def perform(self, call: Call) -> Outcome:
        """Do what the request says; refusals leave the site untouched."""
        try:
            kept = idempotency.kept_answer(call)
        except RecurlyError as error:
            return Outcome(_refused(error))
        if kept is not None:
            return Outcome(kept, ids=_ids_in(kept))
        outcome = _execute(call)
        idempotency.keep_answer(call, outcome.response)
        return outcome

    def fault_response(self, kind: str, *, wait_s: float) -> Response:
        """Answer as an overloaded or broken Recurly."""
        if kind != "rate_limited":
            return _refused(_broken())
        error = RecurlyError(429, "rate_limited", "Too many requests.")
        wait = max(1, round(wait_s))
        return _refused(
            error, **{"Retry-After": str(wait), "X-RateLimit-Reset": str(int(time.time()) + wait)}
        )

    def parcel(self, db: sqlite3.Connection, delivery: sqlite3.Row, now: float) -> Parcel | None:
        """Sign a webhook with the endpoint's secrets."""
        return signing.parcel(db, delivery)

    def money(self, db: sqlite3.Connection, account: str | None) -> dict[str, Json]:
        """Add up captured and refunded money by charge."""
        return money.totals(db, account)

    def act(self, call: Call, order: Json) -> Json:
        """Do what a person or bank would do."""
        return acts.act(call, order)

    def create(self, call: Call, order: Json) -> Json:
        """Create sites, accounts or payments for a test."""
        return creation.create(call, order)

    def run_job(self, db: sqlite3.Connection, job: sqlite3.Row, now: float) -> list[int]:
        """Do what falls due by itself."""
        return acts.run_job(db, job, now)

    def seed(self, db: sqlite3.Connection, profile: str, now: float) -> None:
        """Fill an empty store."""
        seed.fill(db, profile, now)


def _execute(call: Call) -> Outcome:
    """Run the endpoint in a savepoint."""
    is_write = call.request.method != "GET"
    if is_write:
        call.db.execute("SAVEPOINT endpoint")
    try:
        found, args = _find_route(call)
        if call.stored_500 and not call.has_effect:
            return Outcome(_refused(_broken()))
        shelf = Shelf(call.db, shelf_name(call.identity.account), {})
        shelf.visible_at = call.visible_at
        result = found.handler(Context(call, shelf, _params(call.request), args))
    except RecurlyError as error:
        if is_write:
            call.db.execute("ROLLBACK TO endpoint")
            call.deliveries.clear()
        return Outcome(_refused(error))
    response = _refused(_broken()) if call.stored_500 else _answered(result)
    return Outcome(response, result.effect, result.ids or args, result.amount)


def _find_route(call: Call) -> tuple[endpoints.Route, tuple[str, ...]]:
    path, method = call.request.path.removeprefix(PREFIX), call.request.method
    granted = call.identity.permissions
    if granted is not None and method != "GET" and "write" not in granted:
        raise RecurlyError(403, "invalid_permissions", "The API key is read only.")
    for candidate in endpoints.ROUTES:
        match = candidate.pattern.match(path)
        if match and candidate.method == method:
            return candidate, match.groups()
    raise RecurlyError(404, "not_found", f"No such path: {method} {path}")


def _params(request: Request) -> Json:
    if request.method in {"GET", "DELETE"}:
        return dict(parse_qsl(request.query))
    try:
        found = json.loads(request.body) if request.body else {}
    except ValueError as error:
        raise malformed("The body is not JSON.") from error
    if not isinstance(found, dict):
        raise malformed("The body is not a JSON object.")
    return found


def _answered(result: Result) -> Response:
    return json_response(result.status, shown(result.body), _headers())


def _refused(error: RecurlyError, **more: str) -> Response:
    return json_response(error.status, error.body(), {**_headers(), **more})


def _headers() -> dict[str, str]:
    return {
        "Content-Type": "application/json; charset=utf-8",
        "Recurly-Version": "recurly.v2021-02-25",
        "X-Request-Id": secrets.token_hex(8),
        "X-RateLimit-Limit": "2000",
        "X-RateLimit-Remaining": "1999",
        "X-RateLimit-Reset": str(int(time.time()) + WINDOW_S),
    }


def _broken() -> RecurlyError:
    return RecurlyError(500, "internal_server_error", "Something went wrong on our side.")


def _ids_in(response: Response) -> tuple[str, ...]:
    try:
        body: Any = json.loads(response.body)
    except ValueError:
        return ()
    inner = body.get("transactions") or ()
    values = [body.get("id"), *(each.get("id") for each in inner)]
    return tuple(each for each in values if each)


def _secret(header: str) -> str:
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(value).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""
