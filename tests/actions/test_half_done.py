"""An order of several calls that ends halfway says what was done: it never reads as failed."""

import time
from datetime import timedelta
from typing import Any

from django.test import Client

from audit.models import AuditEvent
from audit.services import SYSTEM
from chargedesk.actions.approvals import confirm_resolution, propose_resolution
from chargedesk.actions.models import ActionIntent, IntentState
from chargedesk.actions.progress import Progress, half_done
from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.tenants.models import Member
from chargedesk.tenants.roles import Role
from chargedesk.tenants.services.api_keys import KeyPowers, create_api_key
from gateways.capabilities import ActionKind
from tests.actions import wishes
from tests.actions.shop import Shop

LAST_CALL = "/customers/[^/]+$"
HALF = Progress(done=("adding the new tax id",), left=("saving name and address",))


def test_refused_after_a_done_step(shop: Shop) -> None:
    """M4: the tax id was made, the address was not; audit and `/v1` tell both, in words."""
    intent = _waiting_halfway(shop)
    shop.account.request("DELETE", f"/v1/customers/{intent.target_id}")
    intent = shop.send(intent)

    assert intent.state == IntentState.FAILED
    assert _progress(shop, intent) == HALF
    done, left = list(HALF.done), list(HALF.left)
    entry = _entry(shop, "action.failed")
    assert (entry.result, entry.details["done"]) == ("partly_done", done)
    assert entry.details["not_done"] == left
    assert "IT12345678903" not in str(entry.details)

    shown = _v1(shop, f"/v1/actions/{intent.id}")
    assert (shown["state"], shown["state_text"]) == ("partly_done", "Done in part")
    assert (shown["steps_done"], shown["steps_not_done"]) == (done, left)


def test_run_out_halfway(shop: Shop) -> None:
    """M9: its first step was done, so nobody may read that nothing was moved."""
    intent = _waiting_halfway(shop)
    shop.change(intent, ready_at=clock.now() - timedelta(minutes=61))
    ended = shop.send(intent)

    assert ended.state == IntentState.EXPIRED
    assert ended.failure_message == (
        "It could not be finished within an hour. The rest was not sent."
    )
    assert _progress(shop, ended) == HALF
    assert _entry(shop, "action.expired").result == "partly_done"


def test_no_longer_allowed_halfway(shop: Shop) -> None:
    """M17: who lost the right meanwhile does not finish it; what was done is said all the same."""
    agent = shop.person(Role.OWNER)
    intent = _waiting_halfway(shop, requester=agent)
    with scoping.tenant(shop.tenant.id):
        Member.objects.filter(pk=agent.actor.id).update(role=Role.VIEWER)
    ended = shop.send(intent)

    assert ended.state == IntentState.REJECTED
    assert _progress(shop, ended) == HALF
    assert _entry(shop, "action.rejected").result == "partly_done"


def test_our_own_first_step_does_not_stop_the_second(shop: Shop) -> None:
    """M4: “changed elsewhere” is asked before the first try only."""
    intent = _waiting_halfway(shop)
    shop.change(intent, money_version=1, seen={"name": "as a page showed it"})

    assert shop.send(intent).state == IntentState.SUCCEEDED
    assert _progress(shop, intent) is None


def test_two_people_find_that_the_rest_was_not_done(shop: Shop) -> None:
    """M8: they settle what is open, and unsay nothing of what was done."""
    shop.account.fault("answer_lost_before_effect", method="POST", path_regex=LAST_CALL, times=1)
    intent = shop.send(_ordered(shop))
    assert intent.state == IntentState.UNKNOWN
    one, two = shop.person(Role.FINANCE), shop.person(Role.OWNER)
    propose_resolution(
        shop.tenant.id,
        intent.id,
        proposer=one,
        has_succeeded=False,
        provider_id="",
        evidence="The address is the old one.",
    )
    ended = confirm_resolution(shop.tenant.id, intent.id, confirmer=two)

    assert ended.failure_message == "Two people found that the rest was not done."
    assert _progress(shop, ended) == HALF


def test_a_card_used_for_one_of_two_subscriptions(shop: Shop) -> None:
    """Each call is named by what it does, and for which subscription."""
    wishes.subscription(shop)
    who, wish = wishes.wished(shop, ActionKind.USE_PAYMENT_METHOD)
    order = shop.order(ActionKind.USE_PAYMENT_METHOD, who, **wish)
    first, second = order.order["details"]["subscriptions"]
    shop.account.request("DELETE", f"/v1/subscriptions/{second}")
    intent = shop.send(order)

    assert intent.state == IntentState.FAILED
    assert _progress(shop, intent) == Progress(
        done=(f"using the card for subscription {first}",),
        left=(
            f"using the card for subscription {second}",
            "using the card for whatever comes next",
        ),
    )


def test_a_plain_refusal_is_no_half(shop: Shop) -> None:
    """What was refused at its first call did nothing: it reads as before."""
    intent = shop.send(_ordered(shop, tax_id="IT-of-no-use"))

    assert intent.state == IntentState.FAILED
    assert _progress(shop, intent) is None
    assert _entry(shop, "action.failed").result == "failed"


def _ordered(shop: Shop, **details: str) -> ActionIntent:
    who, wish = wishes.wished(shop, ActionKind.UPDATE_TAX_DETAILS)
    return shop.order(ActionKind.UPDATE_TAX_DETAILS, who, details=wish["details"] | details)


def _waiting_halfway(shop: Shop, **wish: Any) -> ActionIntent:
    """The gateway said “later” to the second of two calls."""
    shop.account.fault("rate_limited", method="POST", path_regex=LAST_CALL, times=1, delay_s=1)
    who, wished = wishes.wished(shop, ActionKind.UPDATE_TAX_DETAILS)
    intent = shop.send(shop.order(ActionKind.UPDATE_TAX_DETAILS, who, **(wished | wish)))
    assert intent.state == IntentState.READY
    # So long the gateway wants to be left alone.
    time.sleep(1.1)
    return intent


def _progress(shop: Shop, intent: ActionIntent) -> Progress | None:
    with scoping.tenant(shop.tenant.id):
        return half_done(shop.intent(intent.id))


def _entry(shop: Shop, verb: str) -> AuditEvent:
    with scoping.tenant(shop.tenant.id):
        return AuditEvent.objects.get(verb=verb)


def _v1(shop: Shop, path: str) -> dict[str, Any]:
    with scoping.tenant(shop.tenant.id):
        powers = KeyPowers(scopes=["read"])
        _key, secret = create_api_key(name="tests", powers=powers, actor=SYSTEM)
    answer = Client().get(path, headers={"authorization": f"Bearer {secret}"})
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body
