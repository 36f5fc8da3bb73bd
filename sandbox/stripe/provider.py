"""The door of the Stripe folder: from an HTTP request to an endpoint and back."""

import json
import re
import sqlite3
from http import HTTPStatus

from sandbox.provider import Call, Parcel
from sandbox.shelf import Shelf
from sandbox.stripe import (
    acts,
    auth,
    creation,
    endpoints,
    errors,
    hosted,
    idempotency,
    money,
    seed,
    signing,
)
from sandbox.stripe.context import (
    API_VERSION,
    INDEXED,
    PROVIDER,
    Context,
    Result,
    random_id,
    shelf_name,
)
from sandbox.stripe.errors import StripeError
from sandbox.stripe.expansion import expand_object
from sandbox.stripe.forms import parse_form, refuse_unknown
from sandbox.stripe.routes import Route
from sandbox.wire import Identity, Json, Outcome, Request, Response

PREFIX = f"/{PROVIDER}"
# Lists, and what makes something that stands in one; that an invoice was mailed, its event tells.
LAGGING = re.compile(
    r"^(GET|POST) /stripe/v1/([a-z_]+|checkout/sessions"
    r"|[a-z_]+/[^/]+/(refunds|tax_ids|payment_methods))$"
    r"|^POST /stripe/v1/invoices/[^/]+/send$"
)
ID_LIKE = re.compile(r"^[a-z]+_\w{8,}$")


class StripeProvider:
    """Plays Stripe."""

    name = PROVIDER
    has_gateways_behind = False
    lagging = LAGGING

    def identify(self, request: Request, db: sqlite3.Connection) -> Identity | Response:
        """Find the account behind the key, or refuse."""
        if hosted.is_page(request):
            return hosted.identify(request, db)
        try:
            return auth.identify(request, db)
        except StripeError as error:
            return _error_response(error, request)

    def is_write(self, request: Request) -> bool:
        """Stripe reads with GET only."""
        return request.method != "GET"

    def key_of(self, request: Request) -> str | None:
        """Read the Idempotency-Key header."""
        return request.headers.get("idempotency-key") or None

    def claim_of(self, request: Request, identity: Identity) -> str | None:
        """Let one key run once at a time in one account."""
        key = self.key_of(request)
        if key is None or request.method != "POST":
            return None
        return f"{shelf_name(identity.account, livemode=identity.livemode)}/{key}"

    def busy(self, request: Request) -> Response:
        """Answer 409: the same key is in progress."""
        error = StripeError(
            f"There is currently another in-progress request using this Stripe-Idempotency-Key:"
            f" {self.key_of(request)} (that probably means you submitted twice, and the other"
            " request is still going through).",
            status=errors.CONFLICT,
            kind="idempotency_error",
            code="idempotency_key_in_use",
        )
        return _error_response(error, request)

    def perform(self, call: Call) -> Outcome:
        """Do what the request says; refusals leave the account untouched."""
        if hosted.is_page(call.request):
            return hosted.perform(call)
        request, scope = call.request, _shelf(call).name
        request_id = random_id("req_")[:18]
        covered = request.method == "POST" or _covers_delete(call)
        try:
            if call.key is not None and covered:
                idempotency.check_key(call.key)
                kept = idempotency.kept_answer(call, scope)
                if kept is not None:
                    return Outcome(_with_headers(kept, call, request_id), ids=_ids_in(kept))
            outcome, keep = _execute(call, request_id)
        except StripeError as error:
            return Outcome(_error_response(error, request, request_id))
        if keep and covered:
            idempotency.keep_answer(call, scope, outcome.response)
        return outcome

    def fault_response(self, kind: str, *, wait_s: float) -> Response:
        """Answer as an overloaded or broken Stripe."""
        if kind == "rate_limited":
            error = StripeError(
                "Request rate limit exceeded. Learn more about rate limits here"
                " https://stripe.com/docs/rate-limits.",
                status=errors.TOO_MANY,
                code="rate_limit",
            )
            response = _error_response(error)
            headers = {**response.headers, "Retry-After": str(max(1, round(wait_s)))}
            return Response(response.status, response.body, headers)
        return _error_response(_broken())

    def parcel(self, db: sqlite3.Connection, delivery: sqlite3.Row, now: float) -> Parcel | None:
        """Sign a webhook with the endpoint's secret."""
        return signing.parcel(db, delivery)

    def money(self, db: sqlite3.Connection, account: str | None) -> dict[str, Json]:
        """Add up captured and refunded money by charge."""
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


def _execute(call: Call, request_id: str) -> tuple[Outcome, bool]:
    """Run the endpoint in a savepoint; answers the outcome, and whether its key keeps it."""
    found, args = _find_route(call.request)
    if call.request.method != "GET":
        call.db.execute("SAVEPOINT endpoint")
    try:
        auth.check_permission(call.identity, found.permission)
        source = (
            call.request.query
            if call.request.method == "GET"
            else call.request.body.decode("utf-8", "replace")
        )
        if call.request.method == "DELETE" and call.request.query:
            source = call.request.query
        params = parse_form(source)
        refuse_unknown(params, found.params)
        if call.stored_500 and not call.has_effect:
            return Outcome(_error_response(_broken(), call.request, request_id)), True
        ctx = Context(call, _shelf(call), params, args, request_id=request_id)
        result = found.handler(ctx)
        response = _success(ctx, result, request_id)
    except StripeError as error:
        if call.request.method != "GET":
            call.db.execute("ROLLBACK TO endpoint")
            call.deliveries.clear()
        return Outcome(_error_response(error, call.request, request_id)), error.executed
    if call.stored_500:
        response = _error_response(_broken(), call.request, request_id)
    return Outcome(response, result.effect, result.ids or args, result.amount), True


def _find_route(request: Request) -> tuple[Route, tuple[str, ...]]:
    path = request.path.removeprefix(PREFIX)
    for candidate in endpoints.BY_METHOD.get(request.method, ()):
        match = candidate.pattern.match(path)
        if match:
            return candidate, match.groups()
    raise StripeError(
        f"Unrecognized request URL ({request.method}: {path}). Please see"
        " https://stripe.com/docs or we can help at https://support.stripe.com/.",
        status=errors.NOT_FOUND,
    )


def _success(ctx: Context, result: Result, request_id: str) -> Response:
    body = result.body
    if isinstance(body, dict) and result.status == HTTPStatus.OK:
        body = expand_object(ctx, body)
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False, indent=2)
    return _with_headers(Response(result.status, text.encode()), ctx.call, request_id)


def _with_headers(response: Response, call: Call, request_id: str) -> Response:
    headers = {
        **_headers(call.request, request_id),
        **response.headers,
        "Request-Id": request_id,
    }
    if "Idempotent-Replayed" in headers:
        headers["Original-Request"] = response.headers.get("Request-Id", request_id)
    return Response(response.status, response.body, headers)


def _headers(request: Request | None, request_id: str) -> dict[str, str]:
    headers = {
        "Content-Type": "application/json",
        "Request-Id": request_id,
        "Stripe-Version": (request.headers.get("stripe-version") if request else None)
        or API_VERSION,
    }
    if request and "idempotency-key" in request.headers:
        headers["Idempotency-Key"] = request.headers["idempotency-key"]
    return headers


def _error_response(
    error: StripeError, request: Request | None = None, request_id: str | None = None
) -> Response:
    request_id = request_id or random_id("req_")[:18]
    body = json.dumps(error.body(request_id), ensure_ascii=False, indent=2).encode()
    return Response(error.status, body, _headers(request, request_id))


def _broken() -> StripeError:
    return StripeError(
        "Sorry! There was an error while talking to one of our backends.",
        status=errors.BROKEN,
        kind="api_error",
    )


def _shelf(call: Call) -> Shelf:
    name = shelf_name(call.identity.account, livemode=call.identity.livemode)
    shelf = Shelf(call.db, name, INDEXED)
    shelf.visible_at = call.visible_at
    return shelf


def _covers_delete(call: Call) -> bool:
    if call.request.method != "DELETE":
        return False
    row = call.db.execute(
        "SELECT value FROM settings WHERE name = ?", (f"{PROVIDER}.delete_honours_key",)
    ).fetchone()
    return row is not None and row[0] == "1"


def _ids_in(response: Response) -> tuple[str, ...]:
    try:
        body = json.loads(response.body)
    except ValueError:
        return ()
    names = ("id", "charge", "payment_intent", "latest_charge")
    values = (body.get(name) for name in names)
    return tuple(value for value in values if isinstance(value, str) and ID_LIKE.match(value))
