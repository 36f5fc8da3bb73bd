"""The door of the Braintree folder: from an HTTP request to an endpoint and back."""

import base64
import binascii
import re
import sqlite3
from urllib.parse import parse_qsl, urlencode
from xml.etree.ElementTree import ParseError

from sandbox.braintree import acts, creation, errors, keys, money, seed, signing, xml
from sandbox.braintree.context import INDEXED, PROVIDER, Context, Result, shelf_name
from sandbox.braintree.errors import BraintreeError
from sandbox.braintree.routes import ROUTES, Route
from sandbox.credentials import find_credential
from sandbox.provider import Call, Parcel
from sandbox.shelf import Shelf
from sandbox.wire import Identity, Json, Outcome, Request, Response

PLACE = re.compile(r"^/braintree/merchants/([^/]+)/(.*)$")
# Searches, and what makes something that they find. All else is read by id and shows at once.
LAGGING = re.compile(
    r"^POST .*/(transactions|refund|subscriptions"
    r"|(transaction|customer|subscription)s/advanced_search(_ids)?)$"
)
KEY = re.compile(rb"<api_request_key>([^<]*)</api_request_key>")
HEADERS = {"Content-Type": "application/xml; charset=utf-8"}


class BraintreeProvider:
    """Plays Braintree."""

    name = PROVIDER
    has_gateways_behind = False
    lagging = LAGGING

    def identify(self, request: Request, db: sqlite3.Connection) -> Identity | Response:
        """Find the merchant behind public and private key, or refuse with 401."""
        place = PLACE.match(request.path)
        pair = _pair(request.headers.get("authorization", ""))
        found = find_credential(db, PROVIDER, pair)
        if not place or found is None or found.state != "active" or found.account != place[1]:
            return Response(errors.UNAUTHORIZED, b"", HEADERS)
        return Identity(found.account, found.livemode, found.permissions, pair)

    def is_write(self, request: Request) -> bool:
        """Searches are posted and still only read."""
        return request.method != "GET" and "/advanced_search" not in request.path

    def key_of(self, request: Request) -> str | None:
        """Read `api_request_key` from the body."""
        found = KEY.search(request.body)
        return found[1].decode() if found else None

    def claim_of(self, request: Request, identity: Identity) -> str | None:
        """Let one key run once at a time at one merchant."""
        key = self.key_of(request)
        return f"{shelf_name(identity.account)}/{key}" if key else None

    def busy(self, request: Request) -> Response:
        """The same key is in flight."""
        return _refusal(BraintreeError(code="915233", on="api_request_key"))

    def perform(self, call: Call) -> Outcome:
        """Do what the request says; refusals leave the merchant untouched."""
        try:
            ctx, route = _entered(call)
            kept = keys.kept_answer(ctx)
        except BraintreeError as error:
            return Outcome(_refusal(error))
        except (ParseError, ValueError):
            return Outcome(Response(errors.BAD_REQUEST, b"", HEADERS))
        if kept is not None:
            return Outcome(kept, ids=ctx.args)
        return _execute(ctx, route)

    def fault_response(self, kind: str, *, wait_s: float) -> Response:
        """Answer as an overloaded or broken Braintree."""
        if kind == "rate_limited":
            headers = {**HEADERS, "Retry-After": str(max(1, round(wait_s)))}
            return Response(errors.TOO_MANY, b"", headers)
        return _broken()

    def parcel(self, db: sqlite3.Connection, delivery: sqlite3.Row, now: float) -> Parcel | None:
        """Sign a notification with the newest key of the merchant."""
        signature = signing.signature(db, delivery["account"], delivery["body"])
        if signature is None:
            return None
        form = {"bt_signature": signature, "bt_payload": delivery["body"].decode()}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return Parcel(headers, urlencode(form).encode())

    def money(self, db: sqlite3.Connection, account: str | None) -> dict[str, Json]:
        """Add up captured and refunded money by sale."""
        return money.totals(db, account)

    def act(self, call: Call, order: Json) -> Json:
        """Do what a person or bank would do."""
        return acts.act(call, order)

    def create(self, call: Call, order: Json) -> Json:
        """Create accounts, customers or charges for a test."""
        return creation.create(call, order)

    def run_job(self, db: sqlite3.Connection, job: sqlite3.Row, now: float) -> list[int]:
        """Do what falls due by itself."""
        return acts.run_job(db, job, now)

    def seed(self, db: sqlite3.Connection, profile: str, now: float) -> None:
        """Fill an empty store."""
        seed.fill(db, profile, now)


def _entered(call: Call) -> tuple[Context, Route]:
    place = PLACE.match(call.request.path)
    rest = place[2] if place else ""
    for route in ROUTES:
        match = route.pattern.match(rest)
        if match and route.method == call.request.method:
            break
    else:
        raise BraintreeError(status=errors.NOT_FOUND)
    granted = call.identity.permissions
    if granted is not None and route.permission not in granted:
        raise BraintreeError(status=errors.FORBIDDEN)
    shelf = Shelf(call.db, shelf_name(call.identity.account), INDEXED)
    shelf.visible_at = call.visible_at
    params = xml.parsed(call.request.body)
    query = dict(parse_qsl(call.request.query))
    return Context(call, shelf, params, match.groups(), query), route


def _execute(ctx: Context, route: Route) -> Outcome:
    call = ctx.call
    is_write = BraintreeProvider().is_write(call.request)
    if call.stored_500 and not call.has_effect:
        keys.keep_answer(ctx, _broken())
        return Outcome(_broken())
    if is_write:
        call.db.execute("SAVEPOINT endpoint")
    try:
        result = route.handler(ctx)
    except BraintreeError as error:
        if is_write:
            call.db.execute("ROLLBACK TO endpoint")
            call.deliveries.clear()
        return Outcome(_refused(ctx, error))
    response = _broken() if call.stored_500 else _answered(result)
    keys.keep_answer(ctx, response)
    return Outcome(response, result.effect, result.ids or ctx.args, result.amount)


def _refused(ctx: Context, error: BraintreeError) -> Response:
    response = _refusal(error)
    # A validation error is told before the key is taken; what a processor declined has used it up.
    if error.code == "915200":
        keys.keep_answer(ctx, response)
    return response


def _answered(result: Result) -> Response:
    return Response(result.status, xml.document(result.tag, result.body), HEADERS)


def _refusal(error: BraintreeError) -> Response:
    if not error.code:
        return Response(error.status, b"", HEADERS)
    return Response(error.status, xml.document("api_error_response", error.body()), HEADERS)


def _broken() -> Response:
    return Response(errors.BROKEN, b"<html>Server error</html>", {"Content-Type": "text/html"})


def _pair(header: str) -> str:
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(value).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
