"""An unanswered try is unknown, never failed, and ends in exactly one refund (M3 to M8)."""

import time
from datetime import timedelta
from typing import Any

import pytest

from chargedesk.actions.models import ActionIntent, IntentState, Try
from chargedesk.actions.recovery import tidy
from chargedesk.base import scoping
from chargedesk.kit import clock, ids
from tests.actions.shop import Shop

REFUNDS = {"path_regex": "/refunds$", "method": "POST", "times": 1}


@pytest.mark.parametrize(
    ("kind", "happened"),
    [
        ("answer_lost_after_effect", True),
        ("answer_lost_before_effect", False),
        ("reset", False),
        ("half_body", True),
        ("empty_200", True),
        ("error_500", False),
        ("stored_500", True),
    ],
)
def test_an_answer_that_proves_nothing_leaves_the_order_unknown(
    shop: Shop,
    kind: str,
    happened: bool,  # noqa: FBT001
) -> None:
    """M4, M5: none of these is a failure."""
    shop.account.fault(kind, **REFUNDS)
    intent = shop.send(shop.place(shop.charge(shop.account.charges[0]), 1000))

    assert intent.state == IntentState.UNKNOWN
    assert intent.next_look_up_at is not None
    assert len(shop.refunds_made()) == int(happened)
    assert shop.root(intent.target_id).held_minor == 1000 or happened


@pytest.mark.parametrize(
    "kind", ["answer_lost_after_effect", "answer_lost_before_effect", "reset", "half_body"]
)
def test_the_same_key_settles_it_with_one_refund(shop: Shop, kind: str) -> None:
    """M7: while the key lives the call is repeated with it."""
    shop.account.fault(kind, **REFUNDS)
    intent = shop.find_out(shop.send(shop.place(shop.charge(shop.account.charges[0]), 1000)))

    assert intent.state == IntentState.SUCCEEDED
    assert len(shop.refunds_made()) == 1
    root = shop.root(intent.target_id)
    assert (root.refunds_minor, root.held_minor) == (1000, 0)
    assert len({call["idempotency_key"] for call in _sent(shop)}) == 1


def test_a_dead_key_is_never_sent_again(shop: Shop) -> None:
    """M7: at half the key's life the marker is looked for, and settles at once."""
    shop.account.fault("answer_lost_after_effect", **REFUNDS)
    intent = shop.send(shop.place(shop.charge(shop.account.charges[0]), 1000))
    shop.change(intent, first_try_at=clock.now() - timedelta(hours=13))

    intent = shop.find_out(intent)

    assert intent.state == IntentState.SUCCEEDED
    assert len(_sent(shop)) == 1


def test_nothing_found_under_a_dead_key_stays_honest(shop: Shop) -> None:
    """M7: one empty look-up proves nothing; it takes two, ten minutes apart, or a human."""
    shop.account.fault("answer_lost_before_effect", **REFUNDS)
    intent = shop.send(shop.place(shop.charge(shop.account.charges[0]), 1000))
    shop.change(intent, first_try_at=clock.now() - timedelta(hours=13))

    intent = shop.find_out(intent)

    assert intent.state == IntentState.UNKNOWN
    assert len(_sent(shop)) == 1
    assert shop.root(intent.target_id).held_minor == 1000


@pytest.mark.parametrize("somebody_refunds", [False, True])
def test_two_empty_look_ups_prove_it_unless_something_is_there(
    shop: Shop,
    settings: Any,
    somebody_refunds: bool,  # noqa: FBT001
) -> None:
    """M7: an equal amount without our marker is shown to a human; it settles nothing."""
    settings.ACTION_EMPTY_LOOK_UPS_APART_S = 0
    shop.account.fault("answer_lost_before_effect", **REFUNDS)
    intent = shop.send(shop.place(shop.charge(shop.account.charges[0]), 1000))
    shop.change(intent, first_try_at=clock.now() - timedelta(hours=13))
    if somebody_refunds:
        shop.account.act(intent.target_id, "dashboard_refund", amount=1000)
    shop.find_out(intent)
    intent = shop.find_out(intent)

    if somebody_refunds:
        assert intent.state == IntentState.UNKNOWN
        assert "10.00 EUR" in intent.evidence["seen"]
    else:
        assert (intent.state, intent.failure_code) == (IntentState.FAILED, "not_executed")


def test_a_refusal_after_an_unanswered_try_proves_nothing(shop: Shop) -> None:
    """M4: the charge is disputed in between; the refusal says nothing about the first try."""
    shop.account.fault("answer_lost_before_effect", **REFUNDS)
    intent = shop.send(shop.place(shop.charge(shop.account.charges[0]), 1000))
    shop.account.act(intent.target_id, "dispute")

    intent = shop.find_out(intent)

    assert intent.state == IntentState.UNKNOWN
    assert shop.root(intent.target_id).held_minor == 1000


def test_an_abandoned_lease_without_a_try_was_not_sent(shop: Shop) -> None:
    """M3: without a try row the order waits its turn again, with one it is unknown."""
    first = shop.place(shop.charge(shop.account.charges[0]), 1000)
    second = shop.place(shop.charge(shop.account.charges[1]), 1000)
    for intent in (first, second):
        token = ids.new_id()
        past = clock.now() - timedelta(seconds=1)
        shop.change(intent, state=IntentState.EXECUTING, lease_token=token, lease_until=past)
    with scoping.tenant(shop.tenant.id):
        Try.objects.create(
            tenant=shop.tenant,
            intent=second,
            step="refund",
            number=1,
            lease_token=ActionIntent.objects.get(pk=second.id).lease_token or second.id,
            sent_at=clock.now(),
        )
    tidy(shop.tenant.id)

    assert shop.intent(first.id).state == IntentState.READY
    assert shop.intent(second.id).state == IntentState.UNKNOWN


def test_too_late_to_send_is_not_sent(shop: Shop, settings: object) -> None:
    """M3: a lease that is shorter than the call lets nothing leave."""
    settings.ACTION_LEASE_S = settings.ACTION_CALL_S  # type: ignore[attr-defined]
    intent = shop.send(shop.place(shop.charge(shop.account.charges[0]), 1000))

    assert intent.state == IntentState.EXECUTING
    assert _sent(shop) == []


def test_no_byte_left_means_ready_again(shop: Shop) -> None:
    """M5: the connection is refused, so nothing was sent, and it may be sent later."""
    charge = shop.charge(shop.account.charges[0])
    intent = shop.place(charge, 1000)
    with scoping.tenant(shop.tenant.id):
        shop.connection.api_base = "http://127.0.0.1:9"
        shop.connection.save(update_fields=["api_base"])
    intent = shop.send(intent)

    assert intent.state == IntentState.READY
    assert shop.root(charge.external_id).held_minor == 1000


def test_told_to_slow_down_is_not_failed(shop: Shop) -> None:
    """M5: a 429 was not executed; it waits as long as the provider says."""
    shop.account.fault("rate_limited", delay_s=2, **REFUNDS)
    intent = shop.send(shop.place(shop.charge(shop.account.charges[0]), 1000))

    assert intent.state == IntentState.READY
    assert intent.not_before > clock.now()
    time.sleep(2.1)
    assert shop.send(intent).state == IntentState.SUCCEEDED
    assert len(shop.refunds_made()) == 1


def _sent(shop: Shop) -> list[dict[str, object]]:
    return [
        call
        for call in shop.account.calls()
        # Probing the rights of a key posts too, under a key of its own and without an effect.
        if str(call["idempotency_key"]).endswith("-refund")
    ]
