"""Searching and reading charges."""

from typing import Any

import pytest

from tests.api.world import START, World, later


def _ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [each["transaction_id"] for each in answer.json()["data"]]


def test_the_newest_come_first_in_pages(world: World) -> None:
    for day in range(5):
        world.add_charge(f"ch_{day}", occurred_at=later(day))
    client = world.client()
    assert _ids(client.get("/charges")) == ["ch_4", "ch_3", "ch_2", "ch_1", "ch_0"]
    page = client.get("/charges", {"count": 2, "offset": 4}).json()
    assert {name: page[name] for name in ("object", "count", "offset")} == {
        "object": "list",
        "count": 2,
        "offset": 4,
    }
    assert len(page["data"]) == 1
    assert client.get("/charges", {"offset": 50_000}).json()["data"] == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"status": "paid"}, {"ch_a"}),
        ({"status": "partially refunded"}, {"ch_b"}),
        ({"status": "draft"}, set()),
        ({"customer[id]": "cus_a"}, {"ch_a"}),
        ({"customer[email]": "ADA@example.com"}, {"ch_a"}),
        ({"customer[name]": "ada"}, {"ch_a"}),
        ({"last_4_digits": "4242"}, {"ch_a"}),
        ({"transaction_id": "ch_b"}, {"ch_b"}),
        ({"query": "ada"}, {"ch_a"}),
        ({"occurred[min]": int(later(1).timestamp())}, {"ch_b"}),
        ({"occurred[max]": int(START.timestamp())}, {"ch_a"}),
    ],
)
def test_filters(world: World, query: dict[str, Any], found: set[str]) -> None:
    ada = world.add_customer("cus_a", name="Ada Example", email="ada@example.com")
    world.add_charge("ch_a", gateway_customer=ada, method_last4="4242")
    world.add_charge("ch_b", status="partially_refunded", refunded_minor=500, occurred_at=later(1))
    assert set(_ids(world.client().get("/charges", query))) == found


@pytest.mark.parametrize(
    ("word", "found"),
    [("paid", ["ch_a"]), ("partially refunded", ["ch_b"]), ("refunded", ["ch_d", "ch_c"])],
)
def test_a_status_is_looked_for_as_it_is_shown(world: World, word: str, found: list[str]) -> None:
    """What went back behind the shop's back counts: the shop's own word would hide it."""
    world.add_charge("ch_a")
    world.add_charge("ch_b", inside_refunded_minor=500, occurred_at=later(1))
    world.add_charge("ch_c", inside_refunded_minor=3400, occurred_at=later(2))
    world.add_charge(
        "ch_d",
        status="partially_refunded",
        refunded_minor=500,
        inside_refunded_minor=3400,
        occurred_at=later(3),
    )
    answer = world.client().get("/charges", {"status": word})
    assert _ids(answer) == found
    assert {each["status"] for each in answer.json()["data"]} == {word}


def test_a_time_bound_covers_its_whole_second(world: World) -> None:
    world.add_charge("ch_a", occurred_at=START.replace(microsecond=600_000))
    seconds = int(START.timestamp())
    query = {"occurred[min]": seconds, "occurred[max]": seconds}
    assert _ids(world.client().get("/charges", query)) == ["ch_a"]


def test_one_charge_by_our_id_and_by_the_gateways(world: World) -> None:
    charge = world.add_charge("ch_a")
    for path in (f"/charges/{charge.id}", "/charges/ch_a"):
        answer = world.client().get(path)
        assert answer.json()["charge_id"] == str(charge.id)
        assert answer.json()["amount"] == "34.00"
        assert answer.headers["ETag"] == '"0"'


def test_an_id_known_in_two_gateways_asks_which(world: World) -> None:
    world.add_charge("ch_a")
    second = world.add_connection()
    other = world.add_charge("ch_a", connection=second)
    answer = world.client().get("/charges/ch_a")
    assert answer.status_code == 400
    assert answer.json()["error"]["incorrect_parameter"] == "gateway_id"
    answer = world.client().get("/charges/ch_a", {"gateway_id": str(second.id)})
    assert answer.json()["charge_id"] == str(other.id)


def test_a_foreign_charge_is_answered_exactly_like_an_unknown_one(
    world: World, other_world: World
) -> None:
    foreign = other_world.add_charge("ch_foreign")
    answers = [
        world.client().get(f"/charges/{unknown}")
        for unknown in (foreign.id, "ch_foreign", "ch_never", "%00", "x" * 300)
    ]
    assert {answer.status_code for answer in answers} == {404}
    bodies = [answer.json()["error"] for answer in answers]
    assert {(each["message"], each["code"], len(each)) for each in bodies} == {
        ("There is no such record.", "not_found", 3)
    }


@pytest.mark.parametrize(
    ("path", "cap"),
    [
        ("/charges", 50_000),
        ("/customers", 50_000),
        ("/subscriptions", 10_000),
        ("/products", 10_000),
        ("/log/activity", 10_000),
    ],
)
def test_how_far_a_caller_may_skip(world: World, path: str, cap: int) -> None:
    assert world.client().get(path, {"offset": cap}).status_code == 200
    answer = world.client().get(path, {"offset": cap + 1})
    assert answer.status_code == 400
    assert answer.json()["error"]["incorrect_parameter"] == "offset"


BAD_QUERIES = [
    ({"count": "0"}, "count"),
    ({"count": "501"}, "count"),
    ({"count": "ten"}, "count"),
    ({"offset": "-1"}, "offset"),
    ({"offset": "50001"}, "offset"),
    ({"status": "nonsense"}, "status"),
    ({"occurred[min]": "yesterday"}, "occurred[min]"),
    ({"occurred[min]": "1e3"}, "occurred[min]"),
    ({"occurred[min]": "99999999999999"}, "occurred[min]"),
    ({"occurred[min]": "5", "occurred[max]": "4"}, "occurred[min]"),
    ({"occurred": "5"}, "occurred"),
    ({"occurred[middle]": "5"}, "occurred[middle]"),
    ({"customer[id": "x"}, "customer[id"),
    ({"customer[id][deep]": "x"}, "customer[id]"),
    ({"customer[id]": ["a", "b"]}, "customer[id]"),
    ({"customer[id]": "a\x00"}, "customer[id]"),
    ({"last_4_digits": "42"}, "last_4_digits"),
    ({"gateway_id": "stripe"}, "gateway_id"),
    ({"colour": "red"}, "colour"),
]


@pytest.mark.parametrize(("query", "parameter"), BAD_QUERIES)
def test_bad_parameters_are_named(world: World, query: dict[str, Any], parameter: str) -> None:
    answer = world.client().get("/charges", query)
    assert answer.status_code == 400, answer.content
    assert answer.json()["error"]["incorrect_parameter"] == parameter
    assert answer.json()["error"]["message"]
