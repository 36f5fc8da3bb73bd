"""The door of the PayPal folder: from an HTTP request to an endpoint and back."""

import json
import re
import sqlite3
from urllib.parse import parse_qsl

from sandbox.paypal import (
    acts,
    auth,
    billing,
    creation,
    disputes,
    idempotency,
    invoicing,
    money,
    payments,
    reporting,
    seed,
    signing,
    webhooks,
)
from sandbox.paypal.auth import CERTS_PATH, PREFIX, PROVIDER, TOKEN_PATH
from sandbox.paypal.context import Context, Result, shelf_name, shelf_of
from sandbox.paypal.errors import PayPalError, debug_id, error_response, missing
from sandbox.paypal.routes import Route
from sandbox.provider import Call, Parcel
from sandbox.wire import Identity, Json, Outcome, Request, Response, json_response

ROUTES: tuple[Route, ...] = (
    *payments.ROUTES,
    *reporting.ROUTES,
    *billing.ROUTES,
    *invoicing.ROUTES,
    *disputes.ROUTES,
    *webhooks.ROUTES,
)
REPLAYED = 200
# The report, and what it tells of. An order and all else that is read by id shows it at once.
LAGGING = re.compile(r"^POST .*/(refund|capture)$|^GET .*/reporting/transactions$")


class PayPalProvider:
    """Plays PayPal."""

    name = PROVIDER
    has_gateways_behind = False
    lagging = LAGGING

    def identify(self, request: Request, db: sqlite3.Connection) -> Identity | Response:
        """Find the account behind client or token, or refuse."""
        return auth.identify(request, db)

    def is_write(self, request: Request) -> bool:
        """PayPal reads with GET only; a token changes nothing either."""
        return request.method != "GET" and request.path != TOKEN_PATH

    def key_of(self, request: Request) -> str | None:
        """Read the PayPal-Request-Id header."""
        return request.headers.get("paypal-request-id") or None

    def claim_of(self, request: Request, identity: Identity) -> str | None:
        """Let one key run once at a time in one account."""
        key = self.key_of(request)
        if key is None or request.method != "POST":
            return None
        return f"{shelf_name(identity.account)}/{key}"

    def busy(self, request: Request) -> Response:
        """409: the same key is in progress (reference 4.1)."""
        detail = {
            "issue": "PREVIOUS_REQUEST_IN_PROGRESS",
            "description": "A previous request on this resource is currently in progress.",
        }
        message = "The server has detected a conflict while processing this request."
        return error_response(PayPalError(409, "RESOURCE_CONFLICT", message, (detail,)))

    def perform(self, call: Call) -> Outcome:
        """Do what the request says; refusals leave the account untouched."""
        if call.request.path == TOKEN_PATH:
            return _token(call)
        if call.request.path.startswith(CERTS_PATH):
            return _certificate(call)
        try:
            return _execute(call)
        except PayPalError as error:
            return Outcome(error_response(error))

    def fault_response(self, kind: str, *, wait_s: float) -> Response:
        """Answer as an overloaded or broken PayPal."""
        if kind == "rate_limited":
            response = error_response(
                PayPalError(
                    429, "RATE_LIMIT_REACHED", "Too many requests. Blocked due to rate limiting."
                )
            )
            headers = {**response.headers, "Retry-After": str(max(1, round(wait_s)))}
            return Response(response.status, response.body, headers)
        return _broken()

    def parcel(self, db: sqlite3.Connection, delivery: sqlite3.Row, now: float) -> Parcel | None:
        """Sign a webhook with the certificate's key."""
        return signing.parcel(db, delivery)

    def money(self, db: sqlite3.Connection, account: str | None) -> dict[str, Json]:
        """Add up captured and refunded money by capture."""
        return money.totals(db, account)

    def act(self, call: Call, order: Json) -> Json:
        """Do what a person or bank would do."""
        account = call.identity.account or _account_of(call.db, order["object"])
        return acts.act(Context(call, shelf_of(call, account)), order)

    def create(self, call: Call, order: Json) -> Json:
        """Create accounts, payments or subscriptions for a test."""
        return creation.create(call, order)

    def run_job(self, db: sqlite3.Connection, job: sqlite3.Row, now: float) -> list[int]:
        """Nothing falls due by itself here."""
        return []

    def seed(self, db: sqlite3.Connection, profile: str, now: float) -> None:
        """Fill an empty store."""
        seed.fill(db, profile, now)


def _execute(call: Call) -> Outcome:
    found, args = _find_route(call.request)
    ctx = Context(call, shelf_of(call), _query(call.request), args=args)
    auth.check_permission(call.identity, found.scope)
    scope = shelf_name(call.identity.account)
    if found.key_life_s:
        kept = idempotency.kept_answer(call, scope, found.key_life_s)
        if kept is not None:
            return _replayed(ctx, kept)
    if call.stored_500 and not call.has_effect:
        response = _broken()
        idempotency.keep_answer(call, scope, response)
        return Outcome(response)
    ctx.body = _body(call.request)
    outcome = _carried_out(ctx, found)
    if found.key_life_s:
        idempotency.keep_answer(call, scope, outcome.response)
    return outcome


def _carried_out(ctx: Context, found: Route) -> Outcome:
    """Run the endpoint in a savepoint, so that a refusal changes nothing."""
    call, is_read = ctx.call, ctx.call.request.method == "GET"
    if not is_read:
        call.db.execute("SAVEPOINT endpoint")
    try:
        result = found.handler(ctx)
    except PayPalError:
        if not is_read:
            call.db.execute("ROLLBACK TO endpoint")
            call.deliveries.clear()
        raise
    response = _broken() if call.stored_500 else _written(result)
    return Outcome(response, result.effect, result.ids or ctx.args, result.amount)


def _replayed(ctx: Context, kept: Response) -> Outcome:
    """The latest state of what the first request made, with 200 in place of 201."""
    if kept.status >= 400:  # noqa: PLR2004  a stored 500 is what the key answers
        return Outcome(kept)
    made: Json = json.loads(kept.body)
    for kind in ("refund", "capture"):
        record = ctx.shelf.find(kind, made["id"])
        if record is not None:
            is_refund = kind == "refund"
            show = payments.refund_doc if is_refund else payments.whole_capture_doc
            doc = payments.shown(ctx, show(ctx, record))
            status = int(ctx.setting("replay_status", str(REPLAYED)))
            return Outcome(_written(Result(doc, status=status)), ids=(made["id"],))
    return Outcome(kept)


def _find_route(request: Request) -> tuple[Route, tuple[str, ...]]:
    path = request.path.removeprefix(PREFIX)
    for candidate in ROUTES:
        match = candidate.pattern.match(path)
        if match and candidate.method == request.method:
            return candidate, match.groups()
    raise missing(path)


def _query(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.query, keep_blank_values=True))


def _body(request: Request) -> Json:
    """The JSON body; PayPal takes an empty one for a full refund or a void."""
    if request.method == "GET" or not request.body:
        return {}
    try:
        body = json.loads(request.body)
    except ValueError as error:
        raise PayPalError(400, "INVALID_REQUEST", "Malformed JSON.") from error
    if not isinstance(body, dict):
        raise PayPalError(400, "INVALID_REQUEST", "Malformed JSON.")
    return body


def _written(result: Result) -> Response:
    headers = {"PayPal-Debug-Id": debug_id()}
    if result.body is None:
        return Response(result.status, b"", headers)
    return json_response(result.status, result.body, headers)


def _broken() -> Response:
    return error_response(
        PayPalError(500, "INTERNAL_SERVER_ERROR", "An internal server error occurred.")
    )


def _token(call: Call) -> Outcome:
    ctx = Context(call, shelf_of(call))
    if b"grant_type=client_credentials" not in call.request.body:
        return Outcome(json_response(400, {"error": "unsupported_grant_type"}))
    life = int(ctx.setting("token_life_s", str(auth.LIFE_S)))
    return Outcome(json_response(200, auth.issue_token(call.identity, now=call.now, life_s=life)))


def _certificate(call: Call) -> Outcome:
    text = signing.certificate_text(call.db, call.request.path)
    if not text:
        return Outcome(error_response(missing(call.request.path)))
    return Outcome(Response(200, text.encode(), {"Content-Type": "application/x-pem-file"}))


def _account_of(db: sqlite3.Connection, object_id: str) -> str:
    row = db.execute(
        "SELECT shelf FROM objects WHERE id = ? AND shelf LIKE 'paypal/%'", (object_id,)
    ).fetchone()
    if row is None:
        raise KeyError(object_id)
    return str(row[0]).partition("/")[2]
