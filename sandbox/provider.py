"""What a provider folder must offer so that the shared server can run it."""

import re
import sqlite3
from dataclasses import dataclass, field
from typing import Protocol

from sandbox.wire import Identity, Json, Outcome, Request, Response


@dataclass
class Call:
    """One authenticated request on its way through a provider, inside one transaction."""

    request: Request
    identity: Identity
    db: sqlite3.Connection
    now: float
    key: str | None = None
    stored_500: bool = False
    has_effect: bool = True
    visible_at: float = 0.0
    hidden_since: float | None = None
    deliveries: list[int] = field(default_factory=list)
    # The gateways behind a shop; none for seeds and jobs, whose past is written as it is.
    behind: "RefundsBehind | None" = None
    deliveries_behind: list[int] = field(default_factory=list)


class RefundsBehind(Protocol):
    """The payment gateways behind a shop."""

    def refund(self, call: Call, gateway: str, charge_id: str, minor: int) -> None:
        """Give a part of a charge back there."""

    def cancel(self, call: Call, gateway: str, subscription_id: str, *, is_later: bool) -> None:
        """End a subscription there."""


@dataclass(frozen=True)
class Parcel:
    """A signed webhook, ready to be posted."""

    headers: dict[str, str]
    body: bytes


class Provider(Protocol):
    """The door of a provider folder.

    `has_gateways_behind`: a shop whose orders others were paid for; it is seeded after them.
    `lagging`: the calls, as `METHOD /path`, that some list, search or report shows late, and those
    that ask for one; None where all that was done shows at once, wherever one looks.
    """

    name: str
    has_gateways_behind: bool
    lagging: re.Pattern[str] | None

    def identify(self, request: Request, db: sqlite3.Connection) -> Identity | Response:
        """Find out who calls, or refuse."""

    def is_write(self, request: Request) -> bool:
        """Tell whether the call needs the writer."""

    def key_of(self, request: Request) -> str | None:
        """Read the caller's idempotency key, as the journal shows it."""

    def claim_of(self, request: Request, identity: Identity) -> str | None:
        """Name what must not run twice at once; None if the provider does not care."""

    def busy(self, request: Request) -> Response:
        """Answer a call whose key is in progress."""

    def perform(self, call: Call) -> Outcome:
        """Do what the request says, inside the call's transaction."""

    def fault_response(self, kind: str, *, wait_s: float) -> Response:
        """Answer like this provider when overloaded (rate_limited) or broken (error_500)."""

    def parcel(self, db: sqlite3.Connection, delivery: sqlite3.Row, now: float) -> Parcel | None:
        """Sign a webhook at the moment it is sent; None if its endpoint is gone."""

    def money(self, db: sqlite3.Connection, account: str | None) -> dict[str, Json]:
        """Add up the money from state, by charge."""

    def act(self, call: Call, order: Json) -> Json:
        """Do what a person or bank would do at the provider."""

    def create(self, call: Call, order: Json) -> Json:
        """Create accounts, customers or charges for a test."""

    def run_job(self, db: sqlite3.Connection, job: sqlite3.Row, now: float) -> list[int]:
        """Do what falls due by itself, and answer the deliveries it caused."""

    def seed(self, db: sqlite3.Connection, profile: str, now: float) -> None:
        """Fill an empty store."""
