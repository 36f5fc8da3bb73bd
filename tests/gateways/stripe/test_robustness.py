"""Whatever Stripe sends, the answer is a snapshot, a hint or an error of the closed list."""

import copy
import json
import re
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer

from chargedesk.kit import clock
from gateways.contract import Credentials, Order
from gateways.errors import GatewayError, OutcomeUnknownError, PayloadError
from gateways.snapshots import ObjectKind, Snapshot
from gateways.stripe import ADAPTER
from gateways.stripe.mapping import snapshot
from gateways.stripe.webhooks import event_of
from tests.contracts.harness import RECORDINGS
from tests.gateways.stripe.recorded import event_about, seen

OBJECTS = [
    each
    for path in sorted((RECORDINGS / "stripe").glob("*.json"))
    if (each := json.loads(path.read_text()))["object"] != "event"
]
ODD: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, -1, 10**30, 1.5, "", "x", "ü", [], [None], {}, {"id": None}, [[]], {"data": 1}]
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        inner = list(value.items())
    else:
        inner = list(enumerate(value)) if isinstance(value, list) else []
    return [path, *(place for key, each in inner for place in _places(each, (*path, key)))]


@st.composite
def disturbed(draw: st.DrawFn) -> dict[str, Any]:
    """A recorded object with one value, at any depth, replaced by something odd."""
    obj: dict[str, Any] = copy.deepcopy(draw(st.sampled_from(OBJECTS)))
    *way, last = draw(st.sampled_from([place for place in _places(obj) if place]))
    holder: Any = obj
    for step in way:
        holder = holder[step]
    holder[last] = draw(ODD)
    return obj


@settings(max_examples=600, suppress_health_check=[HealthCheck.too_slow])
@given(obj=disturbed())
def test_an_odd_object_is_read_or_refused(obj: dict[str, Any]) -> None:
    with suppress(PayloadError):
        assert isinstance(snapshot(obj, seen()), Snapshot)


@settings(max_examples=600, suppress_health_check=[HealthCheck.too_slow])
@given(obj=disturbed())
def test_an_odd_event_is_news_or_refused(obj: dict[str, Any]) -> None:
    with suppress(PayloadError):
        assert event_of(event_about(obj)).event_id == "evt_1"


@settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(obj=disturbed())
def test_an_odd_answer_to_an_order_is_an_outcome_or_unknown(
    httpserver: HTTPServer, credentials: Credentials, refund: Order, obj: dict[str, Any]
) -> None:
    """M5: a 2xx without the object's id and a known status proves nothing."""
    httpserver.clear()
    httpserver.expect_request("/v1/refunds").respond_with_json(obj)
    deadline = clock.now() + timedelta(seconds=5)
    try:
        outcome = ADAPTER.send(credentials, refund, ADAPTER.freeze(refund)[0], deadline=deadline)
    except OutcomeUnknownError:
        return
    assert obj["object"] == "refund"
    assert outcome.object_id == obj["id"]


@settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(obj=disturbed())
def test_an_odd_read_is_a_snapshot_or_an_error_of_the_list(
    httpserver: HTTPServer, credentials: Credentials, refund: Order, obj: dict[str, Any]
) -> None:
    httpserver.clear()
    httpserver.expect_request("/v1/disputes").respond_with_json({"data": []})
    httpserver.expect_request(re.compile(".*")).respond_with_json(obj)
    for read in (ADAPTER.read_before_money, _look_up, _read):
        with suppress(GatewayError):
            read(credentials, refund)


def _look_up(credentials: Credentials, order: Order) -> object:
    return ADAPTER.look_up(credentials, order, ADAPTER.freeze(order)[0])


def _read(credentials: Credentials, order: Order) -> object:
    return ADAPTER.read(credentials, ObjectKind.CHARGE, order.target_id)


@pytest.mark.parametrize("depth", [10_000, 1_000_000])
def test_a_bottomless_body_is_refused(depth: int) -> None:
    with pytest.raises(PayloadError):
        event_of(b'{"object":' + b"[" * depth)
