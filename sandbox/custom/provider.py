"""The door of the custom folder: a signed call, one function, one answer."""

import json
import re
import sqlite3
from collections.abc import Callable
from typing import Any

from sandbox.custom import acts, books, signing
from sandbox.custom.books import PROVIDER, Books, RefusedError, shelf_name
from sandbox.custom.functions import FUNCTIONS, Done
from sandbox.provider import Call, Parcel
from sandbox.shelf import Shelf
from sandbox.wire import Identity, Json, Outcome, Request, Response, json_response

# All that it does: what is looked up may come from a copy of its records.
LAGGING = re.compile(r"^POST /custom/[^/]+/(?!look_up$)[a-z_]+$")


class CustomProvider:
    """Plays a company's own billing system."""

    name = PROVIDER
    has_gateways_behind = False
    lagging = LAGGING

    def identify(self, request: Request, db: sqlite3.Connection) -> Identity | Response:
        """Find the company by its path, and check the call's signature."""
        account = _account(request.path)
        site = Shelf(db, shelf_name(account), {}).find("site", "site") if account else None
        if site is None:
            return _refused(404, "There is no such system.")
        if not signing.is_signed(request, site["secret"]):
            return _refused(401, "The signature does not fit.")
        return Identity(account)

    def is_write(self, request: Request) -> bool:
        """Everything but the look-up changes something."""
        return not request.path.endswith("/look_up")

    def key_of(self, request: Request) -> str | None:
        """Read the Idempotency-Key header."""
        return request.headers.get("idempotency-key")

    def claim_of(self, request: Request, identity: Identity) -> str | None:
        """It does not care what runs at once."""
        return None

    def busy(self, request: Request) -> Response:
        """Answer a call whose key is in progress."""
        return _refused(409, "This is being done.")

    def perform(self, call: Call) -> Outcome:
        """Do what the call says; a refusal leaves the records untouched."""
        ours = books.books_of(call, call.identity.account)
        kept = _kept(ours, call)
        if kept is not None:
            return Outcome(json_response(200, kept))
        if call.stored_500 and not call.has_effect:
            return Outcome(self.fault_response("error_500", wait_s=0))
        outcome = _performed(ours, call)
        if call.stored_500:
            return Outcome(
                self.fault_response("error_500", wait_s=0),
                outcome.effect,
                outcome.ids,
                outcome.amount,
            )
        return outcome

    def fault_response(self, kind: str, *, wait_s: float) -> Response:
        """Answer as an overloaded or broken system."""
        if kind == "rate_limited":
            wait = str(max(1, round(wait_s)))
            message = {"error": {"message": "Too many calls."}}
            return json_response(429, message, {"Retry-After": wait})
        return _refused(500, "Something went wrong here.")

    def parcel(self, db: sqlite3.Connection, delivery: sqlite3.Row, now: float) -> Parcel | None:
        """Sign news with the company's secret."""
        return signing.parcel(db, delivery)

    def money(self, db: sqlite3.Connection, account: str | None) -> dict[str, Json]:
        """Add up captured and refunded money by charge."""
        return books.totals(db, account)

    def act(self, call: Call, order: Json) -> Json:
        """Do what a person would do."""
        return acts.act(call, order)

    def create(self, call: Call, order: Json) -> Json:
        """Create companies and records for a test."""
        return acts.create(call, order)

    def run_job(self, db: sqlite3.Connection, job: sqlite3.Row, now: float) -> list[int]:
        """Nothing falls due by itself."""
        return []

    def seed(self, db: sqlite3.Connection, profile: str, now: float) -> None:
        """Every company is opened by a test."""


def _performed(ours: Books, call: Call) -> Outcome:
    name = call.request.path.rpartition("/")[2]
    try:
        asked = json.loads(call.request.body)
        done = _function(name, asked)(ours, asked)
    except RefusedError as error:
        call.deliveries.clear()
        return Outcome(_refused(error.status, error.message))
    except (ValueError, KeyError, TypeError, ArithmeticError) as error:
        call.deliveries.clear()
        return Outcome(_refused(400, f"The call makes no sense: {error!r}"))
    if done.effect and call.key:
        kept: Json = {"id": call.key, "created": ours.now, "answer": done.body}
        if ours.shelf.find("key", call.key) is None:
            ours.shelf.add("key", kept)
    return Outcome(json_response(200, done.body), done.effect, done.ids, done.amount)


def _function(name: str, asked: Json) -> Callable[[Books, Json], Done]:
    function = FUNCTIONS.get(name)
    if function is None or asked.get("action") != name:
        raise RefusedError(f"There is no function {name}.", 404)
    return function


def _kept(ours: Books, call: Call) -> Any:
    if call.key is None or ours.setting("remembers_keys", "0") != "1":
        return None
    found = ours.shelf.find("key", call.key)
    return found["answer"] if found else None


def _account(path: str) -> str:
    parts = path.split("/")
    return parts[2] if len(parts) == 4 else ""  # noqa: PLR2004  /custom/<account>/<function>


def _refused(status: int, message: str) -> Response:
    return json_response(status, {"error": {"message": message}})
