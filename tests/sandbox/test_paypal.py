"""PayPal's peculiarities at the sandbox, each with the line of the reference it comes from."""

import base64
import time
import uuid
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from pytest_httpserver import HTTPServer

from tests.sandbox.program import Json, Program

DAY = 86_400


@dataclass
class Account:
    """A PayPal account of a test, and raw HTTP calls with its token."""

    program: Program
    name: str
    client: str
    charges: list[str] = field(default_factory=list)
    token: str = ""

    def login(self) -> requests.Response:
        """Ask for a token."""
        answer = requests.post(
            f"{self.program.url}/paypal/v1/oauth2/token",
            auth=(self.client, f"secret_of_{self.client}"),
            data={"grant_type": "client_credentials"},
            timeout=30,
        )
        self.token = answer.json().get("access_token", "")
        return answer

    def call(
        self, method: str, path: str, body: Json | None = None, *, key: str = "", **headers: str
    ) -> requests.Response:
        """Make one call; `key` is the PayPal-Request-Id."""
        given = {"Authorization": f"Bearer {self.token}", **headers}
        return requests.request(
            method,
            f"{self.program.url}/paypal{path}",
            json=body,
            headers=given | ({"PayPal-Request-Id": key} if key else {}),
            timeout=30,
        )

    def refund(self, charge: str, value: str, *, key: str = "", **more: Any) -> requests.Response:
        """Refund a part in EUR."""
        body = {"amount": {"value": value, "currency_code": "EUR"}, **more}
        return self.call("POST", f"/v2/payments/captures/{charge}/refund", body, key=key)

    def rows(self, start: float, end: float, **query: str) -> requests.Response:
        """The report between two times."""
        written = "%Y-%m-%dT%H:%M:%SZ"
        query |= {
            "start_date": time.strftime(written, time.gmtime(start)),
            "end_date": time.strftime(written, time.gmtime(end)),
        }
        text = "&".join(f"{name}={value}" for name, value in query.items())
        return self.call("GET", f"/v1/reporting/transactions?{text}")

    def make(self, kind: str, **order: Any) -> Json:
        """One object with given properties."""
        order = {"provider": "paypal", "account": self.name, "object": kind, **order}
        made: Json = self.program.control("POST", "objects", order)["object"]
        return made

    def arm(self, kind: str, **rule: Any) -> None:
        """Arm a fault for this account only."""
        rule = {"provider": "paypal", "account": self.name, "kind": kind, "times": 1, **rule}
        self.program.control("POST", "faults", rule)

    def effects(self) -> list[str]:
        """What changed, in order."""
        found = self.program.control("GET", "journal", None, account=self.name)["entries"]
        return [each["effect"] for each in found if each["effect"]]

    def money(self, charge: str) -> Json:
        """The sandbox's own account of one charge."""
        found = self.program.control("GET", "money", None, account=self.name, provider="paypal")
        entry: Json = found["objects"][charge]
        return entry


@pytest.fixture
def paypal(program: Program) -> Account:
    """An account with three captures of 20.00 EUR, logged in."""
    mark = uuid.uuid4().hex[:12].upper()
    account = Account(program, f"M{mark}", f"client_{mark}")
    made = program.control(
        "POST",
        "accounts",
        {
            "provider": "paypal",
            "account": account.name,
            "key": account.client,
            "seed": {"charges": 3},
        },
    )
    account.charges = made["charges"]
    account.login()
    return account


@pytest.fixture
def switched(program: Program) -> Iterator[Any]:
    """Turn switches, and turn them back."""
    turned: dict[str, str] = {}

    def switch(name: str, value: str, *, back: str) -> None:
        turned[name] = back
        program.control("POST", "settings", {name: value})

    yield switch
    if turned:
        program.control("POST", "settings", turned)


def _issue(answer: requests.Response) -> str:
    return str(answer.json()["details"][0]["issue"])


def test_a_token_tells_its_scopes(paypal: Account) -> None:
    """Reference 8: token response `scope` lists granted scopes."""
    scopes = paypal.login().json()["scope"].split()
    assert "https://uri.paypal.com/services/payments/refund" in scopes


def test_a_wrong_client_and_a_wrong_token_are_401(paypal: Account) -> None:
    """Reference 4.4: invalid_client; UnauthorizedAccess."""
    paypal.client = "client_revoked"
    refused = paypal.login()
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    assert paypal.call("GET", "/v1/reporting/balances").status_code == 401


def test_a_missing_scope_is_403_and_names_nothing(paypal: Account) -> None:
    """Reference 4.4: ForbiddenAccess NOT_AUTHORIZED / PERMISSION_DENIED."""
    order = {"provider": "paypal", "account": paypal.name, "key": paypal.client}
    paypal.program.control("POST", "accounts", {**order, "permissions": ["payments/payment"]})
    answer = paypal.refund(paypal.charges[0], "1.00")
    assert (answer.status_code, answer.json()["name"]) == (403, "NOT_AUTHORIZED")
    assert paypal.effects() == []


def test_a_repeated_key_answers_200_and_the_latest_state(paypal: Account) -> None:
    """Reference 4.1: PayPal-Request-Id, 45 days payments v2."""
    charge = paypal.charges[0]
    first = paypal.refund(charge, "5.00", key="k1")
    again = paypal.refund(charge, "5.00", key="k1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert paypal.effects() == ["refund.created"]
    act = {"provider": "paypal", "object": first.json()["id"], "do": "fail_refund"}
    paypal.program.control("POST", "act", act)
    assert paypal.refund(charge, "5.00", key="k1").json()["status"] == "FAILED"
    assert paypal.money(charge)["refunded_minor"] == 0


@pytest.mark.parametrize(("switch", "status"), [("refuse", 422), ("replay", 200)])
def test_a_key_with_another_body_moves_nothing(
    paypal: Account, switched: Any, switch: str, status: int
) -> None:
    """Reference 4.1: same key, other body: unsure, so both ways."""
    switched("paypal.key_misuse", switch, back="refuse")
    paypal.refund(paypal.charges[0], "5.00", key="k1")
    assert paypal.refund(paypal.charges[0], "6.00", key="k1").status_code == status
    assert paypal.money(paypal.charges[0])["refunded_minor"] == 500


def test_a_key_in_progress_is_409(paypal: Account) -> None:
    """Reference 4.1: 409 PREVIOUS_REQUEST_IN_PROGRESS."""
    paypal.arm("delay_before_effect", path_regex="/refund$", delay_s=2)
    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(paypal.refund, paypal.charges[0], "5.00", key="k1")
        paypal.program.wait_for_strike()
        busy = paypal.refund(paypal.charges[0], "5.00", key="k1")
    assert (busy.status_code, _issue(busy)) == (409, "PREVIOUS_REQUEST_IN_PROGRESS")
    assert slow.result().status_code == 201


def test_a_refusal_is_not_kept_under_its_key(paypal: Account) -> None:
    """Not known of PayPal; the weaker promise, which an adapter must bear."""
    assert paypal.refund(paypal.charges[0], "99.00", key="k1").status_code == 422
    assert paypal.refund(paypal.charges[0], "9.00", key="k1").status_code == 201


@pytest.mark.parametrize(
    ("value", "currency", "issue"),
    [
        ("20.01", "EUR", "REFUND_AMOUNT_EXCEEDED"),
        ("1.00", "USD", "REFUND_CAPTURE_CURRENCY_MISMATCH"),
        ("1.001", "EUR", "DECIMAL_PRECISION"),
        ("1.5", "JPY", "DECIMALS_NOT_SUPPORTED"),
        ("1.5", "HUF", "DECIMALS_NOT_SUPPORTED"),
        ("1.5", "TWD", "DECIMALS_NOT_SUPPORTED"),
        ("1", "KWD", "CURRENCY_NOT_SUPPORTED"),
    ],
)
def test_amounts_that_are_refused(paypal: Account, value: str, currency: str, issue: str) -> None:
    """Reference 4.3 and 5."""
    body = {"amount": {"value": value, "currency_code": currency}}
    path = f"/v2/payments/captures/{paypal.charges[0]}/refund"
    answer = paypal.call("POST", path, body)
    assert (answer.status_code, _issue(answer)) == (422, issue)
    assert paypal.effects() == []


@pytest.mark.parametrize(
    ("made", "issue"),
    [
        ({"status": "PENDING"}, "PENDING_CAPTURE"),
        ({"disputed": True}, "TRANSACTION_DISPUTED"),
        ({"refund_as": "insufficient_funds"}, "REFUND_FAILED_INSUFFICIENT_FUNDS"),
        ({"created": 1_600_000_000}, "REFUND_TIME_LIMIT_EXCEEDED"),
    ],
)
def test_payments_that_cannot_be_refunded(paypal: Account, made: Json, issue: str) -> None:
    """Reference 4.3: refund 422 issues."""
    charge = paypal.make("charge", **made)["id"]
    assert _issue(paypal.refund(charge, "1.00")) == issue


def test_an_empty_body_refunds_all_and_then_nothing(paypal: Account) -> None:
    """Reference 4.2: full refund `{}`; 4.3 CAPTURE_FULLY_REFUNDED."""
    path = f"/v2/payments/captures/{paypal.charges[0]}/refund"
    assert paypal.call("POST", path, {}).status_code == 201
    assert paypal.money(paypal.charges[0])["refunded_minor"] == 2000
    assert _issue(paypal.call("POST", path, {})) == "CAPTURE_FULLY_REFUNDED"


def test_the_order_shows_a_refund_at_once_and_the_report_only_later(paypal: Account) -> None:
    """Reference 2.3: rows show up within 3 hours."""
    charge = paypal.make("charge")
    refund = paypal.refund(charge["id"], "5.00", custom_id="mine").json()["id"]
    related = paypal.call("GET", f"/v2/payments/captures/{charge['id']}").json()
    order_id = related["supplementary_data"]["related_ids"]["order_id"]
    order = paypal.call("GET", f"/v2/checkout/orders/{order_id}").json()
    (listed,) = order["purchase_units"][0]["payments"]["refunds"]
    assert (listed["id"], listed["custom_id"]) == (refund, "mine")
    now = time.time()
    report = paypal.rows(now - DAY, now).json()
    shown = {each["transaction_info"]["transaction_id"] for each in report["transaction_details"]}
    assert refund not in shown
    assert shown == set(paypal.charges)
    assert report["last_refreshed_datetime"] < report["end_date"]


def test_the_report_takes_31_days_at_most_and_pages_from_one(paypal: Account) -> None:
    """Reference 2.3: span at most 31 days, `page_size` max 500, `page` starts at 1."""
    now = time.time()
    assert paypal.rows(now - 32 * DAY, now).status_code == 400
    assert paypal.rows(now - DAY, now, page_size="501").status_code == 400
    assert paypal.rows(now - DAY, now, page="0").status_code == 400
    found = [paypal.rows(now - DAY, now, page_size="2", page=str(page)).json() for page in (1, 2)]
    assert [len(each["transaction_details"]) for each in found] == [2, 1]
    assert found[0]["total_pages"] == 2


def test_pending_rows_are_shown_on_request_only(paypal: Account) -> None:
    """Reference 2.3: `balance_affecting_records_only` default Y."""
    created = int(time.time()) - 6 * 3600
    pending = paypal.make("charge", status="PENDING", created=created)["id"]
    now = time.time()
    for switch, is_shown in (("Y", False), ("N", True)):
        report = paypal.rows(now - DAY, now, balance_affecting_records_only=switch).json()
        ids = {each["transaction_info"]["transaction_id"] for each in report["transaction_details"]}
        assert (pending in ids) is is_shown


def test_a_void_has_no_key(paypal: Account) -> None:
    """Reference 4.1: not listed: authorization void. 4.3: void 422 PREVIOUSLY_VOIDED."""
    path = f"/v2/payments/authorizations/{paypal.make('authorization')['id']}/void"
    assert paypal.call("POST", path, key="k1").status_code == 204
    again = paypal.call("POST", path, key="k1")
    assert (again.status_code, _issue(again)) == (422, "PREVIOUSLY_VOIDED")


def test_an_authorization_is_captured_in_part(paypal: Account) -> None:
    """Reference 4.3: AUTHORIZATION_ALREADY_CAPTURED, PREVIOUSLY_CAPTURED."""
    held = paypal.make("authorization", amount=5000)["id"]
    path = f"/v2/payments/authorizations/{held}"
    body = {"amount": {"value": "20.00", "currency_code": "EUR"}, "final_capture": True}
    taken = paypal.call("POST", f"{path}/capture", body, key="k1").json()["id"]
    assert paypal.call("POST", f"{path}/capture", body, key="k1").json()["id"] == taken
    assert paypal.money(taken)["captured_minor"] == 2000
    assert _issue(paypal.call("POST", f"{path}/capture", body)) == "AUTHORIZATION_ALREADY_CAPTURED"
    assert _issue(paypal.call("POST", f"{path}/void")) == "PREVIOUSLY_CAPTURED"


def test_a_cancelled_subscription_shows_the_reason(paypal: Account) -> None:
    """Reference 4.2: reason required; final. 4.1: no key."""
    path = f"/v1/billing/subscriptions/{paypal.make('subscription')['id']}"
    assert paypal.call("POST", f"{path}/cancel", {}).status_code == 400
    assert paypal.call("POST", f"{path}/cancel", {"reason": "too dear"}).status_code == 204
    assert paypal.call("GET", path).json()["status_change_note"] == "too dear"
    assert paypal.call("POST", f"{path}/cancel", {"reason": "again"}).status_code == 422


def test_a_subscription_stands_still_and_runs_again(paypal: Account) -> None:
    """Reference 4.2: suspend / activate with a reason; 4.1: no key."""
    path = f"/v1/billing/subscriptions/{paypal.make('subscription')['id']}"
    reason = {"reason": "on holiday"}
    assert _issue(paypal.call("POST", f"{path}/activate", reason)) == "SUBSCRIPTION_STATUS_INVALID"
    assert paypal.call("POST", f"{path}/suspend", {}).status_code == 400
    assert paypal.call("POST", f"{path}/suspend", reason).status_code == 204
    assert _issue(paypal.call("POST", f"{path}/suspend", reason)) == "SUBSCRIPTION_STATUS_INVALID"
    standing = paypal.call("GET", path).json()
    assert (standing["status"], standing["status_change_note"]) == ("SUSPENDED", "on holiday")
    assert "next_billing_time" not in standing["billing_info"]
    assert paypal.call("POST", f"{path}/activate", {"reason": "back"}).status_code == 204
    assert paypal.call("GET", path).json()["status"] == "ACTIVE"


def test_a_lost_answer_leaves_its_effect(paypal: Account) -> None:
    paypal.arm("answer_lost_after_effect", path_regex="/refund$")
    with pytest.raises(requests.ConnectionError):
        paypal.refund(paypal.charges[0], "5.00", key="k1")
    assert paypal.refund(paypal.charges[0], "5.00", key="k1").status_code == 200
    assert paypal.effects() == ["refund.created"]


def test_a_stored_500_is_what_the_key_answers(paypal: Account) -> None:
    paypal.arm("stored_500", path_regex="/refund$")
    answers = [paypal.refund(paypal.charges[0], "5.00", key="k1") for _ in range(2)]
    assert [each.status_code for each in answers] == [500, 500]
    assert paypal.effects() == ["refund.created"]


def test_webhooks_are_signed_over_the_crc_of_the_body(
    paypal: Account, httpserver: HTTPServer
) -> None:
    """Reference 3.2: transmission id, time, webhook id and CRC32, RSA with SHA-256."""
    httpserver.expect_request("/hook").respond_with_data("")
    body = {
        "url": httpserver.url_for("/hook"),
        "event_types": [{"name": "PAYMENT.CAPTURE.REFUNDED"}],
    }
    webhook = paypal.call("POST", "/v1/notifications/webhooks", body).json()["id"]
    paypal.refund(paypal.charges[0], "5.00")
    end = time.monotonic() + 30
    # The server outlives a test: news for the one before may come late.
    while not (heard := [each for each, _ in httpserver.log if each.path == "/hook"]):
        assert time.monotonic() < end
        time.sleep(0.02)
    got = heard[0]
    headers = {name.lower(): value for name, value in got.headers.items()}
    name = headers["paypal-cert-url"].rsplit("/", 1)[1]
    text = requests.get(
        f"{paypal.program.url}/paypal/v1/notifications/certs/{name}", timeout=30
    ).content
    key = x509.load_pem_x509_certificate(text).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    parts = [headers[f"paypal-transmission-{part}"] for part in ("id", "time")]
    message = "|".join([*parts, webhook, str(zlib.crc32(got.get_data()))]).encode()
    signature = base64.b64decode(headers["paypal-transmission-sig"])
    key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())


def test_the_demo_has_what_every_gateway_has(demo: Program) -> None:
    """Twenty refundable charges with two decimals, whole currencies, and people of two gateways."""
    found = demo.control("GET", "money", None, provider="paypal", account="AUR2RA5EU7K9M")
    objects = found["objects"].values()
    whole = [each for each in objects if each["currency"] in {"EUR", "GBP"}]
    assert sum(each["refunded_minor"] == 0 for each in whole) >= 20
    assert {"HUF", "JPY"} <= {each["currency"] for each in objects}
    account = Account(demo, "AUR2RA5EU7K9M", "client_aurora_eu")
    account.login()
    now = time.time()
    rows = account.rows(now - 31 * DAY, now, fields="all", page_size="500").json()
    emails = {each["payer_info"]["email_address"] for each in rows["transaction_details"]}
    assert {"anna.rossi@example.com", "emma.johnson@example.net"} <= emails


def test_an_act_that_cannot_be_is_refused_in_words(paypal: Account) -> None:
    """A draft has nobody to be cancelled for; the control API says so."""
    draft = paypal.make("invoice", status="DRAFT")
    order = {"provider": "paypal", "account": paypal.name, "object": draft["id"], "do": "cancel"}
    answer = requests.post(f"{paypal.program.url}/_control/act", json=order, timeout=30)
    assert answer.status_code == 400
    assert "Only sent invoices can be cancelled." in answer.json()["error"]
