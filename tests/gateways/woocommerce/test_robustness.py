"""Whatever a shop sends, the answer is a snapshot, a hint or an error of the closed list."""

import copy
import json
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateways.contract import GatewayEvent
from gateways.errors import PayloadError
from gateways.snapshots import ObjectKind, Snapshot
from gateways.woocommerce import ADAPTER
from gateways.woocommerce.mapping import refund_snapshot, snapshot
from gateways.woocommerce.webhooks import event_of_polled
from tests.contracts.harness import RECORDINGS
from tests.gateways.woocommerce.recorded import seen

KINDS = {
    "order": ObjectKind.CHARGE,
    "subscription": ObjectKind.SUBSCRIPTION,
    "customer": ObjectKind.CUSTOMER,
    "product": ObjectKind.PRODUCT,
    "coupon": ObjectKind.COUPON,
    "refund": ObjectKind.REFUND,
}
OBJECTS = [
    (KINDS[path.stem.split("_")[0]], json.loads(path.read_text()))
    for path in sorted((RECORDINGS / "woocommerce").glob("*.json"))
]
ODD: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, -1, 10**30, 1.5, "", "x", "ü", [], [None], {}, {"id": None}, [[]], "-", "NaN"]
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        inner = list(value.items())
    else:
        inner = list(enumerate(value)) if isinstance(value, list) else []
    return [path, *(place for key, each in inner for place in _places(each, (*path, key)))]


@st.composite
def disturbed(draw: st.DrawFn) -> tuple[ObjectKind, dict[str, Any]]:
    """A recorded object with one value, at any depth, replaced by something odd."""
    kind, obj = copy.deepcopy(draw(st.sampled_from(OBJECTS)))
    *way, last = draw(st.sampled_from([place for place in _places(obj) if place]))
    holder: Any = obj
    for step in way:
        holder = holder[step]
    holder[last] = draw(ODD)
    return kind, obj


@given(disturbed())
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
def test_an_odd_object_is_a_snapshot_or_a_payload_error(
    changed: tuple[ObjectKind, dict[str, Any]],
) -> None:
    kind, obj = changed
    with suppress(PayloadError):
        if kind is ObjectKind.REFUND:
            found = refund_snapshot(obj, seen(), order_id="12", currency="EUR")
        else:
            found = snapshot(kind, obj, seen(shop_currency="EUR"))
        assert isinstance(found, Snapshot)
        assert found.external_id.isdecimal()


@given(disturbed())
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
def test_an_odd_body_is_a_hint_or_a_payload_error(
    changed: tuple[ObjectKind, dict[str, Any]],
) -> None:
    kind, obj = changed
    with suppress(PayloadError):
        assert all(
            isinstance(each, GatewayEvent)
            for each in ADAPTER.parse_stored(json.dumps(obj).encode())
        )
    if kind is not ObjectKind.REFUND:
        with suppress(PayloadError):
            event = event_of_polled(kind, obj, json.dumps(obj).encode())
            assert ADAPTER.parse_stored(event.raw)[0].event_id == event.event_id
