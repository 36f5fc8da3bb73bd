"""The change feed and the connections over `/v1`."""

import pytest

from chargedesk.base import scoping
from chargedesk.kit import ids
from chargedesk.ledger.changes import record_changes
from chargedesk.ledger.models import ObjectName
from tests.api.world import World, make_world


@pytest.fixture
def world(committed_db: None) -> World:
    """A committed tenant: the feed shows what is committed only."""
    return make_world()


def test_a_reader_walks_the_feed_with_its_cursor(world: World) -> None:
    changed = [ids.new_id() for _ in range(3)]
    for each in changed:
        with scoping.tenant(world.tenant.id):
            record_changes(ObjectName.CHARGE, [each], is_new=True)
    client = world.client()
    client.get("/changes")
    first = client.get("/changes", {"limit": 2}).json()
    rest = client.get("/changes", {"after": first["cursor"]}).json()
    seen = [each["id"] for each in first["data"] + rest["data"]]
    assert seen == [str(each) for each in changed]
    assert first["data"][0]["object"] == "charge"
    assert first["data"][0]["is_new"] is True
    end = client.get("/changes", {"after": rest["cursor"]}).json()
    assert end == {"object": "list", "cursor": rest["cursor"], "data": []}


@pytest.mark.parametrize(
    ("query", "parameter"),
    [({"after": "nonsense!"}, "after"), ({"limit": 0}, "limit"), ({"limit": 1001}, "limit")],
)
def test_bad_cursors_and_limits_are_named(
    world: World, query: dict[str, object], parameter: str
) -> None:
    answer = world.client().get("/changes", query)
    assert answer.status_code == 400
    assert answer.json()["error"]["incorrect_parameter"] == parameter


def test_connections_and_their_progress(world: World) -> None:
    rows = world.client().get("/connections").json()["data"]
    assert [row["id"] for row in rows] == [str(world.connection.id)]
    assert "credentials" not in rows[0]
    progress = world.client().get(f"/connections/{rows[0]['id']}/progress").json()
    assert progress["state"] == "none"
    assert progress["total"] is None


def test_a_foreign_connection_is_answered_like_an_unknown_one(world: World) -> None:
    foreign = make_world().connection.id
    answers = [
        world.client().get(f"/connections/{unknown}/progress")
        for unknown in (foreign, ids.new_id(), "stripe")
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.json()["error"]["code"] for answer in answers}) == 1
