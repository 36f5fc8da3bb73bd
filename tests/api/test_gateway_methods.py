"""What a gateway method refuses: clearly, by name, and leaving nothing behind."""

from typing import Any

import pytest

from audit.models import AuditEvent
from chargedesk.actions.models import ActionIntent
from chargedesk.base import scoping
from chargedesk.ledger.models import MoneyRoot
from tests.api.world import World, make_world


@pytest.fixture
def world(committed_db: None) -> World:
    """A committed tenant: an order must be durable, so it cannot be wrapped in a rollback."""
    return make_world()


@pytest.fixture
def other_world(committed_db: None) -> World:
    """Somebody else's."""
    return make_world()


def traces(world: World) -> tuple[int, int, int]:
    """What an order would have left: intents, audit entries about them, held money."""
    with scoping.tenant(world.tenant.id):
        return (
            ActionIntent.objects.count(),
            AuditEvent.objects.filter(verb__startswith="action.").count(),
            sum(MoneyRoot.objects.values_list("held_minor", flat=True)),
        )


def refused(world: World, answer: Any, status: int, parameter: str | None = None) -> str:
    """Assert a refusal that wrote nothing; its code."""
    assert answer.status_code == status, answer.content
    error = answer.json()["error"]
    assert error.get("incorrect_parameter") == parameter, error
    assert error["message"]
    assert traces(world) == (0, 0, 0)
    return str(error["code"])


@pytest.mark.parametrize(
    "amount",
    ["1e3", "0", "0.00", "-1", "10.001", "35.00", "9" * 20, "", "ten", "1,000", " 5", "NaN"],
)
def test_an_amount_that_is_none_is_named(world: World, amount: str) -> None:
    world.add_charge("ch_a")
    answer = world.client().post("/gateway/charges/ch_a/refund", {"amount": amount})
    refused(world, answer, 400, "amount")


@pytest.mark.parametrize("amount", ["9" * 20, "9" * 5000, "99999999999999.00"])
def test_an_amount_beyond_all_bounds_says_so(world: World, amount: str) -> None:
    world.add_charge("ch_a")
    answer = world.client().post("/gateway/charges/ch_a/refund", {"amount": amount})
    refused(world, answer, 400, "amount")
    assert answer.json()["error"]["message"] == "The amount is too large."


@pytest.mark.parametrize("amount", [1e3, 10.5, -1, 0, None, True, ["5.00"], {"minor": 5}])
def test_a_json_amount_that_is_none_is_named(world: World, amount: Any) -> None:
    world.add_charge("ch_a")
    answer = world.client().post_json("/gateway/charges/ch_a/refund", {"amount": amount})
    refused(world, answer, 400, "amount")


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("/gateway/charges/ch_a/refund?amount=5.00", "amount"),
        ("/gateway/charges/ch_a/refund?log_reason=", "log_reason"),
        ("/charges/ch_a/refund?amount=5.00", "amount"),
        ("/gateway/subscriptions/sub_a/cancel?at_period_end=1", "at_period_end"),
    ],
)
def test_parameters_in_the_address_of_an_order_are_refused(
    world: World, path: str, parameter: str
) -> None:
    """Ignored, they would leave an order to refund everything, or to cancel at once."""
    world.add_charge("ch_a")
    world.add_subscription("sub_a")
    refused(world, world.client().post(path, {}), 400, parameter)


def test_another_currency_is_refused(world: World) -> None:
    world.add_charge("ch_a")
    order = {"amount": "5.00", "currency": "USD"}
    answer = world.client().post("/gateway/charges/ch_a/refund", order)
    assert refused(world, answer, 400, "currency") == "currency_invalid"
    world.add_charge("ch_yen", currency="JPY", amount_minor=3400)
    answer = world.client().post("/gateway/charges/ch_yen/refund", {"amount": "10.50"})
    refused(world, answer, 400, "amount")


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [
        ("{", "application/json", 400),
        ("[]", "application/json", 400),
        ('{"amount": NaN}', "application/json", 400),
        ('{"amount": "5.00", "amount": "6.00"}', "application/json", 400),
        ("[" * 100_000, "application/json", 400),
        ("9" * 5_000, "application/json", 400),
        ("amount=" + "9" * 5_000_000, "application/x-www-form-urlencoded", 413),
        ("&".join(f"a{n}=1" for n in range(2_000)), "application/x-www-form-urlencoded", 400),
        ("amount=5.00&amount=6.00", "application/x-www-form-urlencoded", 400),
        ("amount[minor]=5", "application/x-www-form-urlencoded", 400),
        ("colour=red", "application/x-www-form-urlencoded", 400),
        ("<amount>5</amount>", "application/xml", 415),
        ("amount=5", "text/plain", 415),
        ("--x--", "multipart/form-data; boundary=x", 415),
    ],
)
def test_a_body_that_cannot_be_read(world: World, body: str, media_type: str, status: int) -> None:
    world.add_charge("ch_a")
    client = world.client()
    answer = client.django.post(
        "/v1/gateway/charges/ch_a/refund", body, content_type=media_type, headers=client.headers
    )
    assert answer.status_code == status, answer.content
    assert answer.json()["error"]["code"]
    assert traces(world) == (0, 0, 0)


@pytest.mark.parametrize(
    ("charge", "method", "code"),
    [
        ({"status": "refunded", "refunded_minor": 3400}, "refund", "already_refunded"),
        ({"status": "disputed", "is_disputed": True}, "refund", "disputed"),
        ({"status": "failed", "captured_minor": 0}, "refund", "not_paid"),
        ({"status": "pending", "captured_minor": 0}, "refund", "not_paid"),
        ({"status": "unknown"}, "refund", "not_paid"),
        ({"status": "succeeded"}, "capture", "nothing_to_capture"),
        ({"status": "succeeded"}, "void", "nothing_to_void"),
    ],
)
def test_a_charge_in_the_wrong_state(
    world: World, charge: dict[str, Any], method: str, code: str
) -> None:
    world.add_charge("ch_a", **charge)
    answer = world.client().post(f"/gateway/charges/ch_a/{method}")
    assert refused(world, answer, 400) == code


def test_a_subscription_that_has_ended(world: World) -> None:
    world.add_subscription("sub_a", status="canceled")
    answer = world.client().post("/gateway/subscriptions/sub_a/cancel")
    assert refused(world, answer, 400) == "already_ended"


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "schlüssel"])
def test_an_idempotency_key_that_is_none(world: World, key: str) -> None:
    world.add_charge("ch_a")
    answer = world.client().post("/gateway/charges/ch_a/refund", None, **{"Idempotency-Key": key})
    refused(world, answer, 400, "Idempotency-Key")


def test_what_the_caller_saw_must_be_a_version_and_the_current_one(world: World) -> None:
    """M14."""
    world.add_charge("ch_a")
    client = world.client()
    answer = client.post("/gateway/charges/ch_a/refund", None, **{"If-Match": "yesterday"})
    refused(world, answer, 400, "If-Match")
    answer = client.post("/gateway/charges/ch_a/refund", None, **{"If-Match": '"41"'})
    assert refused(world, answer, 412) == "money_changed"


PATHS = [
    "/gateway/charges/{id}/refund",
    "/gateway/charges/{id}/capture",
    "/gateway/charges/{id}/void",
    "/charges/{id}/refund",
    "/gateway/subscriptions/{id}/cancel",
    "/gateway/subscriptions/{id}/pause",
    "/gateway/subscriptions/{id}/resume",
    "/gateway/subscriptions/{id}/coupon/remove",
    "/subscriptions/{id}/cancel",
    "/gateway/invoices/{id}/send",
    "/gateway/invoices/{id}/void",
    "/gateway/customers/{id}/card_update",
]


@pytest.mark.parametrize("path", PATHS)
def test_a_foreign_id_is_answered_exactly_like_an_unknown_one(
    world: World, other_world: World, path: str
) -> None:
    charge = other_world.add_charge("foreign")
    other_world.add_subscription("foreign")
    bodies = []
    for unknown in ("foreign", "never", str(charge.id), "019aab00-0000-7000-8000-000000000000"):
        answer = world.client().post(path.format(id=unknown))
        assert refused(world, answer, 404) == "not_found"
        bodies.append({**answer.json()["error"], "request_id": ""})
    assert all(body == bodies[0] for body in bodies)
    assert traces(other_world) == (0, 0, 0)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("powers", "status"),
    [
        ({"scopes": ["read"]}, 403),
        ({"scopes": ["write"]}, 403),
        ({"scopes": ["read", "write"]}, 403),
        ({"scopes": ["read", "write", "money"], "role": "viewer"}, 400),
    ],
)
def test_a_key_that_may_not_move_money(
    world: World, path: str, powers: dict[str, Any], status: int
) -> None:
    world.add_charge("own")
    world.add_subscription("own")
    world.add_invoice("own")
    world.add_customer("own")
    answer = world.client(world.add_key(**powers)).post(path.format(id="own"))
    assert refused(world, answer, status) in ("scope_missing", "not_permitted")


READS = [
    "/charges",
    "/charges/own",
    "/charges/own/items",
    "/customers",
    "/customers/own",
    "/subscriptions",
    "/subscriptions/own",
    "/products",
    "/products/own",
    "/log/activity",
]


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize(("scopes", "status"), [(["read"], 200), (["write", "money"], 403)])
def test_reading_needs_the_scope_read(
    world: World, path: str, scopes: list[str], status: int
) -> None:
    world.add_charge("own")
    world.add_customer("own")
    world.add_subscription("own")
    world.add_product("own")
    answer = world.client(world.add_key(scopes=scopes)).get(path)
    assert answer.status_code == status, answer.content


CHARGE = "/gateway/products/charge"


@pytest.mark.parametrize(
    ("form", "parameter"),
    [
        ({}, "using"),
        ({"using": "cash"}, "using"),
        ({"using": "card"}, "customer[id]"),
        ({"using": "card", "customer[id]": "own"}, "amount"),
        ({"using": "card", "customer[id]": "own", "amount": "5"}, "currency"),
        ({"using": "card", "customer[id]": "own", "amount": "0", "currency": "EUR"}, "amount"),
        ({"using": "card", "customer[id]": "own", "amount": "5", "currency": "XYZ"}, "currency"),
        ({"using": "card", "customer[name]": "own"}, "customer[name]"),
        ({"using": "card", "customer[id]": "own", "product[id]": "price_x"}, "product[id]"),
        (
            {
                "using": "card",
                "customer[id]": "own",
                "product[id]": "price_x",
                "product[billing_cycles_total]": "3",
            },
            "product[billing_cycles_total]",
        ),
        ({"using": "invoice", "customer[id]": "own"}, "link_only"),
        ({"using": "invoice", "contact": "nobody@example.com", "link_only": "1"}, "contact"),
        ({"using": "invoice", "customer[id]": "own", "product[id]": "x"}, "product"),
        (
            {
                "using": "card",
                "customer[id]": "own",
                "lines[][description]": "Zip",
                "lines[][amount]": "5",
                "currency": "EUR",
            },
            "lines",
        ),
        (
            {
                "using": "invoice",
                "link_only": "1",
                "customer[id]": "own",
                "lines[][description]": "Zip",
                "lines[][amount]": "5",
                "currency": "EUR",
                "amount": "6",
            },
            "amount",
        ),
        (
            {
                "using": "invoice",
                "link_only": "1",
                "customer[id]": "own",
                "lines[][description]": "Zip",
                "lines[][amount]": "9999999999999",
                "lines[][quantity]": "999999",
                "currency": "EUR",
            },
            "lines",
        ),
        (
            {
                "using": "invoice",
                "link_only": "1",
                "customer[id]": "own",
                "lines[][description]": "Zip",
                "lines[][amount]": "5",
            },
            "currency",
        ),
        (
            {
                "using": "card",
                "customer[id]": "own",
                "product[id]": "price_x",
                "product[trial_end]": "1800000000",
            },
            "product[trial_end]",
        ),
        (
            {
                "using": "card",
                "customer[id]": "own",
                "amount": "5",
                "currency": "EUR",
                "product[interval]": "month",
            },
            "product[interval]",
        ),
    ],
)
def test_a_charge_of_a_product_names_what_is_wrong(
    world: World, form: dict[str, str], parameter: str | None
) -> None:
    world.add_customer("own")
    answer = world.client().post(CHARGE, form)
    assert answer.status_code == 400, answer.content
    if parameter is not None:
        assert answer.json()["error"]["incorrect_parameter"] == parameter, answer.json()
    assert traces(world) == (0, 0, 0)


def test_a_customer_of_nobody_is_not_charged(world: World, other_world: World) -> None:
    other_world.add_customer("foreign")
    form = {"using": "card", "customer[id]": "foreign", "amount": "5", "currency": "EUR"}
    assert refused(world, world.client().post(CHARGE, form), 404) == "not_found"


@pytest.mark.parametrize(
    ("form", "parameter"),
    [
        ({}, "plans"),
        ({"plans[][quantity]": "2"}, None),
        ({"plans": "x"}, "plans"),
        ({"plans[][id]": "price_a", "trial_end": "1800000000"}, "trial_end"),
    ],
)
def test_a_change_names_one_plan(world: World, form: dict[str, str], parameter: str | None) -> None:
    world.add_subscription("own")
    answer = world.client().post("/gateway/subscriptions/own/plans", form)
    assert answer.status_code == 400, answer.content
    if parameter is not None:
        assert answer.json()["error"]["incorrect_parameter"] == parameter
    assert traces(world) == (0, 0, 0)


def test_a_change_of_several_plans_names_the_parameter(world: World) -> None:
    world.add_subscription("own")
    body = {"plans": [{"id": "price_a"}, {"id": "price_b"}]}
    answer = world.client().post_json("/gateway/subscriptions/own/plans", body)
    refused(world, answer, 400, "plans")


@pytest.mark.parametrize(
    ("path", "form", "parameter"),
    [
        ("tax_details", {}, "name"),
        ("tax_details", {"tax_id": "IT12345678903"}, "tax_id_type"),
        ("tax_details", {"tax_id_type": "eu_vat"}, "tax_id"),
        ("tax_details", {"address[street]": "Via Roma 1"}, None),
        ("payment_method", {}, "payment_method"),
    ],
)
def test_a_customers_own_details_name_what_is_wrong(
    world: World, path: str, form: dict[str, str], parameter: str | None
) -> None:
    world.add_customer("own", tax_ids=[])
    answer = world.client().post(f"/gateway/customers/own/{path}", form)
    assert answer.status_code == 400, answer.content
    if parameter is not None:
        assert answer.json()["error"]["incorrect_parameter"] == parameter, answer.json()
    assert traces(world) == (0, 0, 0)


@pytest.mark.parametrize("path", ["tax_details", "payment_method", "card_update"])
def test_a_customer_of_nobody_is_not_changed(world: World, other_world: World, path: str) -> None:
    other_world.add_customer("foreign")
    form = {"name": "X"} if path == "tax_details" else {}
    form = {"payment_method": "pm"} if path == "payment_method" else form
    answer = world.client().post(f"/gateway/customers/foreign/{path}", form)
    assert refused(world, answer, 404) == "not_found"


def test_a_gateway_that_keeps_no_metadata_says_so(world: World) -> None:
    """What it cannot carry is named, not dropped."""
    other = world.add_connection("braintree")
    world.add_customer("theirs", connection=other)
    form = {
        "using": "card",
        "customer[id]": "theirs",
        "amount": "5",
        "currency": "EUR",
        "metadata[plan]": "pro",
    }
    refused(world, world.client().post(CHARGE, form), 400)
