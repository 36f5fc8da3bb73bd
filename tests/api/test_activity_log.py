"""The activity log tells in words what happened, and in codes for programs."""

from audit.services import Actor, record
from audit.verbs import Verb
from chargedesk.base import scoping
from tests.api.world import World


def test_an_entry_is_a_sentence_beside_its_codes(world: World) -> None:
    with scoping.tenant(world.tenant.id):
        record(
            Verb.ACTION_REQUESTED,
            actor=Actor(kind="api_key", id="1", label="Warehouse"),
            object_kind="charge",
            object_id="42",
            reason="duplicate",
            details={"action": "refund", "amount": "5.00 EUR", "requested_by": "Warehouse"},
        )
    row = world.client().get("/log/activity").json()["data"][0]
    assert row["description"] == "Warehouse ordered a refund of 5.00 EUR"
    assert (row["event"], row["action_type"]) == ("action.requested", "refund")
    assert row["action_reason"] == "duplicate"
