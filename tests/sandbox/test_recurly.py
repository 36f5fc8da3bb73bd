"""Recurly's own peculiarities, in raw HTTP; each test names the part of the reference it plays."""

import hashlib
import hmac
import json
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from tests.gateways.recurly.specification import PATH, complaints
from tests.sandbox.program import Json, Program

ACCEPT = "application/vnd.recurly.v2021-02-25"
KEYED = {"Idempotency_Key": "in-flight"}
NOTE = "Refund reference: 0190a1b2-0000-7000-8000-000000000001"
SCHEMAS = {
    "sites": "Site",
    "accounts": "Account",
    "transactions": "Transaction",
    "invoices": "Invoice",
    "plans": "Plan",
    "coupons": "Coupon",
    "subscriptions": "Subscription",
}


@dataclass
class Site:
    """A site of a test, and raw calls with its key."""

    program: Program
    name: str = field(default_factory=lambda: f"s{uuid.uuid4().hex[:12]}")
    key: str = field(default_factory=lambda: uuid.uuid4().hex)

    def call(
        self, method: str, path: str, body: Json | None = None, **headers: str
    ) -> requests.Response:
        """Make one call; `headers` with underscores."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.request(
            method,
            f"{self.program.url}/recurly{path}",
            json=body,
            auth=(self.key, ""),
            headers={"Accept": ACCEPT, **given},
            timeout=30,
        )

    def get(self, path: str) -> Json:
        """Read something that must be there."""
        answer = self.call("GET", path)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def refused(self, method: str, path: str, body: Json | None = None) -> tuple[int, Json]:
        """Ask for something that must be refused; answers status and inner error."""
        answer = self.call(method, path, body)
        assert answer.status_code >= 400, answer.text
        return answer.status_code, dict(answer.json()["error"])

    def make(self, kind: str, **properties: Any) -> Json:
        """Create an object."""
        return dict(self.control("objects", object=kind, **properties)["object"])

    def control(self, route: str, **order: Any) -> Json:
        """Give an order about this site."""
        named = {"provider": "recurly", "account": self.name, **order}
        return self.program.control("POST", route, named)

    def money(self) -> dict[str, Json]:
        """The sandbox's own account of this site's money."""
        return dict(
            self.program.control("GET", "money", None, provider="recurly", account=self.name)[
                "objects"
            ]
        )

    def effects(self) -> list[Json]:
        """What changed, by the journal."""
        entries = self.program.control(
            "GET", "journal", None, provider="recurly", account=self.name
        )["entries"]
        return [each for each in entries if each["effect"]]


@pytest.fixture
def site(program: Program) -> Site:
    """A site that only this test knows."""
    made = Site(program)
    made.control("accounts", key=made.key)
    return made


def _refund(charge: Json) -> str:
    return f"/invoices/{charge['invoice']['id']}/refund"


def test_a_refund_is_a_credit_invoice_with_the_transaction_inside(site: Site) -> None:
    """B6: 201, type credit, transactions[] hold the refund."""
    charge = site.make("charge", amount=2000)
    body = {"type": "amount", "amount": 5.5, "credit_customer_notes": NOTE}
    answer = site.call("POST", _refund(charge), body)
    assert answer.status_code == 201
    credit = answer.json()
    (row,) = credit["transactions"]
    assert (credit["type"], credit["customer_notes"]) == ("credit", NOTE)
    assert (row["type"], row["amount"]) == ("refund", 5.5)
    assert row["original_transaction_id"] == charge["id"]
    assert site.get(f"/invoices/{charge['invoice']['id']}")["refundable_amount"] == 14.5
    assert site.get(f"/transactions/{charge['id']}")["refunded"] is True
    (entry,) = site.effects()
    assert (entry["effect"], entry["amount"]) == ("refund.created", 550)
    assert charge["id"] in entry["ids"]
    assert site.money()[charge["id"]]["refunded_minor"] == 550
    related = site.get(f"/invoices/{charge['invoice']['id']}/related_invoices")["data"]
    assert [each["id"] for each in related] == [credit["id"]]


def test_no_amount_means_all_that_is_left(site: Site) -> None:
    """B6."""
    charge = site.make("charge", amount=2000)
    site.call("POST", _refund(charge), {"type": "amount", "amount": 5})
    answer = site.call("POST", _refund(charge), {"type": "amount"})
    assert answer.json()["transactions"][0]["amount"] == 15
    assert site.money()[charge["id"]]["refunds"] == 2


@pytest.mark.parametrize(
    ("body", "status", "kind", "param"),
    [
        ({}, 400, "bad_request", "type"),
        ({"type": "amount", "amount": "5"}, 400, "bad_request", "amount"),
        ({"type": "amount", "refund_method": "cash"}, 400, "bad_request", "refund_method"),
        ({"type": "amount", "amount": 20.01}, 422, "validation", "amount"),
        ({"type": "amount", "amount": 0}, 422, "validation", "amount"),
    ],
)
def test_refusals_name_the_parameter(
    site: Site, body: Json, status: int, kind: str, param: str
) -> None:
    """B7."""
    charge = site.make("charge", amount=2000)
    found, error = site.refused("POST", _refund(charge), body)
    assert (found, error["type"], error["params"]) == (status, kind, [{"param": param}])
    assert site.money()[charge["id"]]["refunded_minor"] == 0


def test_before_settlement_only_the_whole_goes_back(site: Site) -> None:
    """B6: Recurly voids by itself, never with a partial amount."""
    charge = site.make("charge", amount=2000, settled=False)
    status, error = site.refused("POST", _refund(charge), {"type": "amount", "amount": 5})
    assert (status, error["type"]) == (422, "transaction")
    assert error["transaction_error"]["code"] == "cannot_refund_unsettled_transactions"
    (row,) = site.call("POST", _refund(charge), {"type": "amount"}).json()["transactions"]
    assert (row["id"], row["type"], row["status"]) == (charge["id"], "purchase", "void")
    assert site.money()[charge["id"]]["refunded_minor"] == 2000


def test_a_key_is_method_path_and_api_key_and_lives_an_hour(own_program: Program) -> None:
    """B5: the body is no part of it; a replay says so; after an hour it protects nothing."""
    site = Site(own_program)
    site.control("accounts", key=site.key)
    charges = [site.make("charge", amount=2000) for _ in range(2)]
    body = {"type": "amount", "amount": 1}
    first = site.call("POST", _refund(charges[0]), body, Idempotency_Key="k")
    again = site.call("POST", _refund(charges[0]), {**body, "amount": 2}, Idempotency_Key="k")
    assert (first.json(), first.headers.get("Idempotency-Prior")) == (again.json(), None)
    assert (again.status_code, again.headers["Idempotency-Prior"]) == (201, "true")
    other = site.call("POST", _refund(charges[1]), body, Idempotency_Key="k")
    assert "Idempotency-Prior" not in other.headers
    own_program.control("POST", "clock", {"advance_s": 3601})
    late = site.call("POST", _refund(charges[0]), body, Idempotency_Key="k")
    assert "Idempotency-Prior" not in late.headers
    assert site.money()[charges[0]["id"]]["refunded_minor"] == 200


def test_a_key_covers_every_method_that_writes(site: Site) -> None:
    """B5: POST, PUT, PATCH, DELETE."""
    subscription = site.make("subscription")
    path = f"/subscriptions/{subscription['id']}"
    calls = (("PUT", f"{path}/cancel"), ("DELETE", path))
    for method, where in calls:
        first = site.call(method, where, Idempotency_Key="k")
        again = site.call(method, where, Idempotency_Key="k")
        assert (first.status_code, again.status_code) == (200, 200)
        assert again.headers["Idempotency-Prior"] == "true"


def test_a_key_that_is_too_long_is_refused(site: Site) -> None:
    """B5."""
    charge = site.make("charge")
    answer = site.call("POST", _refund(charge), {"type": "amount"}, Idempotency_Key="k" * 256)
    assert answer.status_code == 400


def test_a_key_in_flight_is_409(site: Site) -> None:
    """B5: with Recurly-Should-Retry and Retry-After."""
    charge = site.make("charge")
    site.control("faults", kind="delay_before_effect", path_regex="/refund$", times=1, delay_s=2)
    body = {"type": "amount", "amount": 1}
    path = _refund(charge)
    slow = threading.Thread(target=site.call, args=("POST", path, body), kwargs=KEYED)
    slow.start()
    site.program.wait_for_strike()
    answer = site.call("POST", path, body, **KEYED)
    slow.join()
    assert answer.status_code == 409
    assert answer.headers["Recurly-Should-Retry"] == "true"
    assert int(answer.headers["Retry-After"]) > 0
    assert site.money()[charge["id"]]["refunds"] == 1


def test_keys_and_versions_at_the_door(site: Site) -> None:
    """B1, B2, B7."""
    assert site.call("GET", "/accounts", Accept="application/json").status_code == 406
    nobody = Site(site.program, key="nobody")
    assert nobody.refused("GET", "/accounts")[1]["type"] == "unauthorized"
    reader = Site(site.program, site.name)
    reader.control("accounts", key=reader.key, permissions=["read"])
    assert reader.get("/sites")["data"][0]["id"] == site.name
    charge = site.make("charge")
    status, error = reader.refused("POST", _refund(charge), {"type": "amount"})
    assert (status, error["type"]) == (403, "invalid_permissions")
    headers = site.call("GET", "/sites").headers
    assert headers["Recurly-Version"] == "recurly.v2021-02-25"
    assert {"X-Request-Id", "X-RateLimit-Limit", "X-RateLimit-Reset"} <= set(headers)


@pytest.mark.parametrize("sort", ["created_at", "updated_at"])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_pages_follow_next_as_it_is(site: Site, sort: str, order: str) -> None:
    """B3."""
    made = set(site.control("seed", customers=2, charges=45)["charges"])
    found: list[Json] = []
    path = f"/transactions?limit=20&sort={sort}&order={order}"
    while path:
        page = site.get(path)
        assert page["object"] == "list"
        found += page["data"]
        path = page["next"] if page["has_more"] else ""
    assert len(found) == len(made) == 45
    assert {each["id"] for each in found} == made
    times = [each[sort] for each in found]
    assert times == sorted(times, reverse=order == "desc")


def test_filters(site: Site) -> None:
    """B3: type, ids, begin_time inclusive, account, limits."""
    charge = site.make("charge", amount=2000)
    site.make("charge", outcome="declined")
    site.call("POST", _refund(charge), {"type": "amount", "amount": 1})
    refunds = site.get("/transactions?type=refund")["data"]
    assert [each["original_transaction_id"] for each in refunds] == [charge["id"]]
    assert len(site.get("/transactions?type=payment")["data"]) == 2
    assert len(site.get("/transactions?type=payment&success=false")["data"]) == 1
    assert site.get(f"/transactions?ids={charge['id']},x")["data"][0]["id"] == charge["id"]
    assert site.get("/transactions?begin_time=2999-01-01T00:00:00Z")["data"] == []
    since = charge["created_at"]
    assert len(site.get(f"/transactions?begin_time={since}")["data"]) == 3
    own = site.get(f"/accounts/{charge['account']['id']}/transactions")["data"]
    assert len(own) == 2
    assert site.refused("GET", "/transactions?limit=201")[0] == 400


def test_ids_have_other_forms(site: Site) -> None:
    """B2."""
    charge = site.make("charge")
    account = charge["account"]
    assert site.get(f"/transactions/uuid-{charge['uuid']}")["id"] == charge["id"]
    assert site.get(f"/accounts/code-{account['code']}")["id"] == account["id"]
    number = charge["invoice"]["number"]
    assert site.get(f"/invoices/number-{number}")["id"] == charge["invoice"]["id"]


def test_ending_a_subscription(own_program: Program) -> None:
    """B6: canceled runs until its end; an expired one is immutable."""
    site = Site(own_program)
    site.control("accounts", key=site.key)
    body = site.make("subscription", age_days=0)
    path = f"/subscriptions/{body['id']}"
    ended = site.call("PUT", f"{path}/cancel", {"timeframe": "bill_date"}).json()
    assert (ended["state"], ended["expires_at"]) == ("canceled", body["current_period_ends_at"])
    assert site.call("PUT", f"{path}/reactivate").json()["state"] == "active"
    site.call("PUT", f"{path}/cancel")
    own_program.control("POST", "clock", {"advance_s": 50 * 86400})
    assert site.get(path)["state"] == "expired"
    assert site.refused("DELETE", path)[1]["type"] == "immutable_subscription"


@pytest.fixture
def inbox() -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """An address for webhooks, and what came: signature and body."""
    came: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            came.append((self.headers["recurly-signature"], body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook", came
    server.shutdown()
    server.server_close()


def test_webhooks_are_signed_with_every_secret_and_tell_no_state(
    site: Site, inbox: tuple[str, list[tuple[str, bytes]]]
) -> None:
    """B4."""
    url, came = inbox
    endpoint = site.make("endpoint", url=url, secret="first")  # noqa: S106  made up
    site.control("act", object=endpoint["id"], do="roll_secret", secret="second")  # noqa: S106
    charge = site.make("charge")
    site.program.control("POST", "deliveries", {"do": "deliver_now"})
    until = time.monotonic() + 30
    while not (told := _told_of(came, "payment")) and time.monotonic() < until:
        time.sleep(0.05)
    assert (told["event_type"], told["uuid"]) == ("succeeded", charge["uuid"])
    assert set(told) == {"id", "object_type", "site_id", "event_type", "event_time", "uuid"}
    signature, body = came[-1]
    made_at, *signed = signature.split(",")
    message = f"{made_at}.".encode() + body
    assert signed == [
        hmac.new(secret, message, hashlib.sha256).hexdigest() for secret in (b"second", b"first")
    ]


def _told_of(came: list[tuple[str, bytes]], kind: str) -> Json:
    bodies = [json.loads(body) for _, body in came]
    return next((each for each in bodies if each["object_type"] == kind), {})


def test_the_demo_looks_like_life(demo: Program) -> None:
    """Enough to refund, several currencies, and people who pay through two gateways."""
    site = Site(demo, "aurorarecurly", "recurlyaurora")
    emails = {each["email"] for each in site.get("/accounts?limit=200")["data"]}
    assert {"emma.johnson@example.net", "anna.rossi@example.com"} <= emails
    charges = site.get("/transactions?type=payment&limit=200")["data"]
    assert {each["currency"] for each in charges} >= {"EUR", "GBP", "JPY", "KWD"}
    assert {each["status"] for each in charges} >= {"success", "declined"}
    free = [each for each in charges if each["status"] == "success" and not each["refunded"]]
    assert sum(each["currency"] == "EUR" and each["amount"] >= 5 for each in free) >= 20
    states = {each["state"] for each in site.get("/subscriptions?limit=200")["data"]}
    assert states >= {"active", "canceled", "expired"}


@pytest.mark.skipif(PATH is None, reason="Recurly's document is not beside the repository")
@pytest.mark.parametrize("path", sorted(SCHEMAS))
def test_served_objects_are_as_the_document_says(demo: Program, path: str) -> None:
    site = Site(demo, "aurorarecurly", "recurlyaurora")
    found = site.get(f"/{path}?limit=40")["data"]
    assert found
    for each in found:
        assert complaints(SCHEMAS[path], each) == []
