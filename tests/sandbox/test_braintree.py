"""Braintree as the sandbox plays it, over raw HTTP; each test quotes the reference line."""

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import pytest
import requests

from tests.sandbox.program import Json, Program

KEY = "api_request_key"


@dataclass
class Merchant:
    """A merchant of a test, and raw calls with its keys."""

    program: Program
    name: str
    keys: tuple[str, str]

    def call(
        self, method: str, path: str, body: str = "", *, keys: tuple[str, str] | None = None
    ) -> requests.Response:
        """Make one call."""
        return requests.request(
            method,
            f"{self.program.url}/braintree/merchants/{self.name}/{path}",
            auth=keys or self.keys,
            data=body.encode(),
            headers={"Content-Type": "application/xml", "X-ApiVersion": "6"},
            timeout=30,
        )

    def get(self, path: str) -> ET.Element:
        """Read something that must be there."""
        return _root(self.call("GET", path), 200)

    def refund(self, sale: str, **fields: str) -> requests.Response:
        """Refund a sale."""
        return self.call("POST", f"transactions/{sale}/refund", _transaction(**fields))

    def search(self, path: str, criteria: str) -> ET.Element:
        """Search for something."""
        return _root(self.call("POST", path, f"<search>{criteria}</search>"), 200)

    def ids(self, criteria: str = "") -> list[str]:
        """The ids of the transactions that match."""
        found = self.search("transactions/advanced_search_ids", criteria)
        return [each.text or "" for each in found.findall("ids/item")]

    def make(self, kind: str, **wanted: object) -> Json:
        """Create an object with given properties."""
        made: Json = self.control("objects", object=kind, account=self.name, **wanted)["object"]
        return made

    def act(self, object_id: str, what: str, **more: object) -> Json:
        """Do what a person or bank would do."""
        return self.control("act", object=object_id, do=what, **more)

    def arm(self, kind: str, **rule: object) -> None:
        """Arm a fault once, for this merchant only."""
        self.control("faults", account=self.name, kind=kind, times=1, **rule)

    def control(self, name: str, **order: object) -> Json:
        """Give an order to the control API."""
        return self.program.control("POST", name, {"provider": "braintree", **order})

    def effects(self) -> list[Json]:
        """The calls that changed something."""
        entries: list[Json] = self.program.control("GET", "journal", account=self.name)["entries"]
        return [each for each in entries if each["effect"]]


@pytest.fixture
def merchant(program: Program) -> Merchant:
    """A merchant that only this test knows."""
    mark = uuid.uuid4().hex[:12]
    made = Merchant(program, f"merchant{mark}", (f"public{mark}", f"private{mark}"))
    made.control("accounts", account=made.name, key=":".join(made.keys), currency="EUR")
    return made


def _transaction(**fields: str) -> str:
    inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items())
    return f"<transaction>{inner}</transaction>"


def _root(response: requests.Response, status: int) -> ET.Element:
    assert response.status_code == status, response.text
    return ET.fromstring(response.content)  # noqa: S314  our own sandbox


def _codes(response: requests.Response) -> list[str]:
    found = _root(response, 422).iter("error")
    return [each.findtext("code") or "" for each in found]


# ---- who may


def test_the_keys_open_their_own_merchant_only(merchant: Merchant) -> None:
    # 1.3: "Basic auth public:private, base path /merchants/{merchant_id}"; 401 AuthenticationError.
    public, private = merchant.keys
    assert merchant.call("GET", "plans/").status_code == 200
    for wrong in ((public, "x"), ("x", private), ("aurora_public", "aurora_private")):
        assert merchant.call("GET", "plans/", keys=wrong).status_code == 401


def test_a_missing_right_is_a_403(merchant: Merchant) -> None:
    # 1.3: "403 AuthorizationError".
    reader = ("reader", uuid.uuid4().hex)
    merchant.control("accounts", account=merchant.name, key=":".join(reader), permissions=["read"])
    sale = merchant.make("charge")["id"]
    assert merchant.call("GET", f"transactions/{sale}", keys=reader).status_code == 200
    refused = merchant.call("POST", f"transactions/{sale}/refund", keys=reader)
    assert refused.status_code == 403


def test_what_is_not_there_is_a_404(merchant: Merchant) -> None:
    # 1.3: "404 NotFoundError".
    for path in ("transactions/x", "customers/x", "disputes/x", "nothing/x"):
        assert merchant.call("GET", path).status_code == 404


# ---- refunds


def test_a_refund_is_a_transaction_of_its_own(merchant: Merchant) -> None:
    # 4.3: "type=credit, refunded_transaction_id, begins submitted_for_settlement".
    sale = merchant.make("charge", amount=2000)["id"]
    made = _root(merchant.refund(sale, amount="5.00", order_id="ours"), 201)
    told = {name: made.findtext(name) for name in ("type", "status", "amount", "order-id")}
    assert told == {
        "type": "credit",
        "status": "submitted_for_settlement",
        "amount": "5.00",
        "order-id": "ours",
    }
    assert made.findtext("refunded-transaction-id") == sale
    again = merchant.get(f"transactions/{sale}")
    assert [each.text for each in again.findall("refund-ids/item")] == [made.findtext("id")]
    assert again.findtext("status") == "settled"


def test_a_refund_without_an_amount_takes_what_is_left(merchant: Merchant) -> None:
    # 4.2: "Refund full: transaction.refund(id, {order_id, api_request_key})".
    sale = merchant.make("charge", amount=2000)["id"]
    merchant.refund(sale, amount="5.00")
    assert _root(merchant.refund(sale), 201).findtext("amount") == "15.00"


@pytest.mark.parametrize(
    ("outcome", "fields", "code"),
    [
        # 4.3: "Refund only settled (or settling) sales; otherwise 91506".
        ("submitted_for_settlement", {}, "91506"),
        ("uncaptured", {}, "91506"),
        # 4.3: "91521 amount too large".
        ("succeeded", {"amount": "20.01"}, "91521"),
        # 4.4: "81501-family".
        ("succeeded", {"amount": "1.001"}, "81503"),
        ("succeeded", {"amount": "0.00"}, "81503"),
        ("succeeded", {"order_id": "x" * 256}, "91501"),
    ],
)
def test_refusals_of_refunds(
    merchant: Merchant, outcome: str, fields: dict[str, str], code: str
) -> None:
    sale = merchant.make("charge", outcome=outcome)["id"]
    assert _codes(merchant.refund(sale, **fields)) == [code]
    assert merchant.effects() == []


def test_more_than_the_whole_never_goes_back(merchant: Merchant) -> None:
    # 4.3: "Several partial refunds allowed up to the amount"; "91512 already refunded".
    sale = merchant.make("charge", amount=2000)["id"]
    for _ in range(2):
        assert merchant.refund(sale, amount="9.00").status_code == 201
    assert _codes(merchant.refund(sale, amount="9.00")) == ["91521"]
    assert merchant.refund(sale, amount="2.00").status_code == 201
    assert _codes(merchant.refund(sale, amount="0.01")) == ["91512"]
    books = merchant.program.control("GET", "money", account=merchant.name)["objects"][sale]
    assert (books["captured_minor"], books["refunded_minor"], books["refunds"]) == (2000, 2000, 3)


def test_a_refund_is_not_refunded(merchant: Merchant) -> None:
    # 4.3: "91505 cannot refund a credit".
    sale = merchant.make("charge")["id"]
    refund = merchant.act(sale, "dashboard_refund", amount=100)["object"]["id"]
    assert _codes(merchant.refund(refund)) == ["91505"]


def test_a_refund_may_fail_after_it_settled(merchant: Merchant) -> None:
    # 4.3: "becomes settled, or later refund_failed webhook / ... processor_declined".
    sale = merchant.make("charge")["id"]
    refund = _root(merchant.refund(sale), 201).findtext("id")
    merchant.act(sale, "settle")
    told = merchant.act(sale, "fail_refund")["notifications"]
    assert [each["kind"] for each in told] == ["refund_failed"]
    assert merchant.get(f"transactions/{refund}").findtext("status") == "processor_declined"
    assert merchant.refund(sale).status_code == 201


def test_three_refunds_at_once_take_turns(merchant: Merchant) -> None:
    # 8 of the design: "its refusal of over-refunds".
    sale = merchant.make("charge", amount=2000)["id"]
    answers: list[int] = []

    def send() -> None:
        answers.append(merchant.refund(sale, amount="15.00").status_code)

    threads = [threading.Thread(target=send) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(answers) == [201, 422, 422]


# ---- voids and captures


def test_a_void_is_whole_and_ends_when_settling_starts(merchant: Merchant) -> None:
    # 4.3: "void is always the full amount"; 4.2: "until settling starts"; "91504 cannot be voided".
    for outcome in ("uncaptured", "submitted_for_settlement"):
        sale = merchant.make("charge", outcome=outcome)["id"]
        voided = _root(merchant.call("PUT", f"transactions/{sale}/void"), 200)
        assert (voided.findtext("status"), voided.findtext("amount")) == ("voided", "20.00")
    for outcome in ("settling", "succeeded", "voided"):
        sale = merchant.make("charge", outcome=outcome)["id"]
        assert _codes(merchant.call("PUT", f"transactions/{sale}/void")) == ["91504"]


def test_a_capture_may_be_partial(merchant: Merchant) -> None:
    # 4.2: "submit_for_settlement(id, amount)".
    sale = merchant.make("charge", outcome="uncaptured")["id"]
    path = f"transactions/{sale}/submit_for_settlement"
    assert _codes(merchant.call("PUT", path, _transaction(amount="20.01"))) == ["91522"]
    taken = _root(merchant.call("PUT", path, _transaction(amount="5.00")), 200)
    assert taken.findtext("status") == "submitted_for_settlement"
    assert taken.findtext("amount") == "5.00"
    assert _codes(merchant.call("PUT", path)) == ["91507"]


# ---- request keys


def test_a_key_answers_again_without_doing_it_again(merchant: Merchant) -> None:
    # 4.1: "parameter api_request_key", life "30 days".
    sale = merchant.make("charge")["id"]
    first = merchant.refund(sale, amount="5.00", api_request_key="k1")
    again = merchant.refund(sale, amount="5.00", api_request_key="k1")
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert [each["effect"] for each in merchant.effects()] == ["refund.created"]
    assert merchant.effects()[0]["idempotency_key"] == "k1"


def test_a_key_belongs_to_one_request(merchant: Merchant) -> None:
    # 4.1: same key, other body: "error 915232".
    sale = merchant.make("charge")["id"]
    merchant.refund(sale, amount="5.00", api_request_key="k1")
    assert _codes(merchant.refund(sale, amount="6.00", api_request_key="k1")) == ["915232"]


def test_a_key_in_flight_is_refused(merchant: Merchant) -> None:
    # 4.1: concurrent: "error 915233".
    sale = merchant.make("charge")["id"]
    merchant.arm("delay_before_effect", path_regex="/refund$", delay_s=2)
    slow = threading.Thread(target=merchant.refund, args=(sale,), kwargs={KEY: "k1"})
    slow.start()
    merchant.program.wait_for_strike()
    codes = _codes(merchant.refund(sale, api_request_key="k1"))
    slow.join()
    assert codes == ["915233"]
    assert len(merchant.effects()) == 1


def test_a_key_that_met_a_server_error_stays_spent(merchant: Merchant) -> None:
    # 4.1: "915235 server error".
    sale = merchant.make("charge")["id"]
    merchant.arm("stored_500", path_regex="/refund$")
    assert merchant.refund(sale, api_request_key="k1").status_code == 500
    assert _codes(merchant.refund(sale, api_request_key="k1")) == ["915235"]
    assert len(merchant.effects()) == 1


def test_a_key_of_a_declined_refund_stays_spent(merchant: Merchant) -> None:
    # 4.1: "915234 key belongs to a failed request (make a new operation)".
    sale = merchant.make("charge")["id"]
    merchant.act(sale, "refund_as", refund_as="declined")
    assert _codes(merchant.refund(sale, api_request_key="k1")) == ["915200"]
    assert _codes(merchant.refund(sale, api_request_key="k1")) == ["915234"]


def test_a_validation_error_leaves_the_key_free(merchant: Merchant) -> None:
    sale = merchant.make("charge", outcome="submitted_for_settlement")["id"]
    assert _codes(merchant.refund(sale, api_request_key="k1")) == ["91506"]
    merchant.act(sale, "settle")
    assert merchant.refund(sale, api_request_key="k1").status_code == 201


@pytest.mark.parametrize(("allowed", "code"), [("0", "915231"), ("1", "915230")])
def test_keys_may_be_forbidden_or_too_long(own_program: Program, allowed: str, code: str) -> None:
    # 4.1: "915231 means key not allowed"; unsure, so it can be switched; "915230 too long".
    keys = ("public1", "private1")
    merchant = Merchant(own_program, "merchant1", keys)
    merchant.control("accounts", account=merchant.name, key=":".join(keys))
    merchant.control("settings", **{f"braintree.keys_allowed.{merchant.name}": allowed})
    sale = merchant.make("charge")["id"]
    assert _codes(merchant.refund(sale, api_request_key="k" * 256)) == [code]
    assert merchant.refund(sale).status_code == 201


# ---- searches


def test_a_search_answers_ids_first_and_fifty_objects_then(merchant: Merchant) -> None:
    # 2.4: "all ids and page_size (50), then POST .../advanced_search with up to 50 ids each".
    who = merchant.make("customer")["id"]
    made = [merchant.make("charge", customer=who, age=60 * number)["id"] for number in range(52)]
    found = merchant.search("transactions/advanced_search_ids", "")
    assert found.findtext("page-size") == "50"
    assert merchant.ids() == made

    def objects(ids: list[str]) -> requests.Response:
        items = "".join(f"<item>{each}</item>" for each in ids)
        body = f'<search><ids type="array">{items}</ids></search>'
        return merchant.call("POST", "transactions/advanced_search", body)

    # 2.4: "objects can vanish between the steps".
    part = _root(objects([*made[:3], "gone"]), 200)
    assert part.tag == "credit-card-transactions"
    assert [each.findtext("id") for each in part.findall("transaction")] == made[:3]
    assert objects(made[:51]).status_code == 400


@pytest.mark.parametrize(
    ("field", "act"),
    [
        ("settled_at", "settle"),
        ("voided_at", "cancel"),
        ("dispute_date", "dispute"),
    ],
)
def test_each_status_has_its_time(merchant: Merchant, field: str, act: str) -> None:
    # 2.4: "union of searches over each status timestamp since the cursor".
    old = merchant.make("charge", outcome="submitted_for_settlement", age=864_000)["id"]
    merchant.make("charge", age=864_000)
    now = requests.get(f"{merchant.program.url}/_control/clock", timeout=5).json()["now"]
    since = _instant(now - 600)
    window = f"<{field}><min>{since}</min></{field}>"
    assert merchant.ids(window) == []
    merchant.act(old, act)
    assert merchant.ids(window) == [old]


def _instant(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_refund_is_found_by_its_order_id(merchant: Merchant) -> None:
    # 4.1: order_id "is an allowed refund parameter and a search field".
    sale = merchant.make("charge")["id"]
    refund = _root(merchant.refund(sale, order_id="ours"), 201).findtext("id")
    assert merchant.ids("<order_id><is>ours</is></order_id>") == [refund]
    assert merchant.ids('<type type="array"><item>sale</item></type>') == [sale]


def test_a_search_may_lag_where_a_read_does_not(merchant: Merchant) -> None:
    # 4.1: "Search indexing delay: unsure, so prefer find of the original".
    sale = merchant.make("charge")["id"]
    merchant.arm("lookup_lag", path_regex="/refund$", delay_s=600)
    refund = _root(merchant.refund(sale, order_id="ours"), 201).findtext("id")
    assert merchant.ids("<order_id><is>ours</is></order_id>") == []
    assert merchant.get(f"transactions/{refund}").findtext("order-id") == "ours"


def test_no_lag_is_used_up_on_what_is_read_by_id(merchant: Merchant) -> None:
    merchant.arm("lookup_lag", delay_s=600)
    sale = merchant.make("charge", outcome="uncaptured")["id"]
    assert merchant.call("PUT", f"transactions/{sale}/void").status_code == 200
    rules = merchant.program.control("GET", "faults")["faults"]
    assert [each["consumed"] for each in rules if each["account"] == merchant.name] == [0]


# ---- faults and time


@pytest.mark.parametrize(
    ("kind", "is_right"),
    [
        (
            "rate_limited",
            lambda answer: answer.status_code == 429 and answer.headers["Retry-After"],
        ),
        ("error_500", lambda answer: answer.status_code == 500),
        ("empty_200", lambda answer: answer.status_code == 200 and not answer.content),
    ],
)
def test_faults_speak_as_braintree_does(
    merchant: Merchant, kind: str, is_right: Callable[[requests.Response], bool]
) -> None:
    # 1.3: "429 TooManyRequestsError, 500 ServerError".
    sale = merchant.make("charge")["id"]
    merchant.arm(kind, path_regex="/refund$")
    assert is_right(merchant.refund(sale))


def test_what_was_submitted_settles_by_itself(own_program: Program) -> None:
    # 4.3: "begins submitted_for_settlement, becomes settled".
    keys = ("public1", "private1")
    merchant = Merchant(own_program, "merchant1", keys)
    merchant.control("accounts", account=merchant.name, key=":".join(keys))
    sale = merchant.make("charge")["id"]
    refund = _root(merchant.refund(sale), 201).findtext("id")
    own_program.control("POST", "clock", {"advance_s": 90_000})
    assert merchant.get(f"transactions/{refund}").findtext("status") == "settled"
