"""What we send, against Recurly's own OpenAPI document."""

import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from chargedesk.kit import clock
from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind
from gateways.contract import Order
from gateways.recurly import ADAPTER, client
from gateways.recurly.actions import on_the_wire
from gateways.recurly.check import PROBES
from gateways.recurly.reading import PATHS
from gateways.recurly.transport import Exchange, send
from gateways.snapshots import ObjectKind
from tests.contracts.recurly.harness import RecurlyHarness
from tests.gateways.recurly.specification import (
    PATH,
    body_schema,
    complaints,
    document,
    has_operation,
    known_query,
    operation,
)
from tests.gateways.traffic import use_everything

pytestmark = pytest.mark.skipif(
    PATH is None, reason="Recurly's document is not beside the repository"
)


@pytest.mark.parametrize(("code", "minor"), [("EUR", 1010), ("JPY", 500), ("KWD", 12345)])
def test_a_refund_is_as_the_document_says(refund: Order, code: str, minor: int) -> None:
    step = ADAPTER.freeze(replace(refund, money=Money.of(minor, code)))[0]
    assert has_operation(step.method, step.path)
    body = on_the_wire(step.body)
    assert complaints("InvoiceRefund", {**body, "amount": float(str(body["amount"]))}) == []


def test_ending_a_subscription_is_as_the_document_says(refund: Order) -> None:
    order = replace(refund, action=ActionKind.CANCEL_SUBSCRIPTION, money=None)
    later = ADAPTER.freeze(replace(order, at_period_end=True))[0]
    assert has_operation(later.method, later.path)
    assert complaints("SubscriptionCancel", dict(later.body)) == []
    now = ADAPTER.freeze(order)[0]
    told = document()["paths"]["/subscriptions/{subscription_id}"]["delete"]["parameters"]
    assert now.method == "DELETE"
    assert set(now.body) <= {each["name"] for each in told if "name" in each}


def test_every_path_we_read_exists() -> None:
    for path in PATHS.values():
        assert has_operation("GET", path)
        assert has_operation("GET", f"{path}/x")
    for probe in PROBES:
        assert has_operation(probe.method.value, probe.path)
    for path in ("/sites", "/accounts/x/billing_info", "/accounts/x/transactions"):
        assert has_operation("GET", path)


# Where a list goes on is an address of Recurly's own, which is followed as it is.
_TOLD_BY_RECURLY = {"cursor"}


def test_all_calls_are_as_the_document_says(
    recurly: RecurlyHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Path, query and body of every call that the adapter makes."""
    calls: list[tuple[str, str, bytes | None]] = []

    def recording(exchange: Exchange, method: str, url: str, **more: Any) -> None:
        calls.append((method, url, more["body"]))
        send(exchange, method, url, **more)

    # Listening between adapter and socket; both are the real ones.
    monkeypatch.setattr(client, "send", recording)
    use_everything(recurly)
    customer = next(iter(ADAPTER.page(recurly.credentials(), ObjectKind.CUSTOMER).snapshots))
    ADAPTER.card_page(recurly.credentials(), customer_id=customer.external_id)
    for word in ("payment", "charge_invoice", "subscription", "account"):
        ADAPTER.events(recurly.credentials(), since=clock.now(), cursor=f"{word}~")
    checked = {_checked(*each, base=f"{recurly.url}/recurly") for each in calls}
    assert sorted(wrong for _, found in checked for wrong in found) == []
    assert len({name for name, _ in checked}) > 25


@pytest.mark.parametrize(
    ("method", "url", "body"),
    [
        ("GET", "/accounts/x/billing_infos?limit=200", None),
        ("GET", "/transactions?page=2", None),
        ("POST", "/invoices/x/refund", b'{"type": "amount", "planet": "Earth"}'),
        ("PUT", "/subscriptions/x/resume", b'{"planet": "Earth"}'),
        ("GET", "/nowhere", None),
    ],
)
def test_what_the_document_does_not_know_is_found(
    method: str, url: str, body: bytes | None
) -> None:
    assert _checked(method, url, body, base="")[1]


def _checked(
    method: str, url: str, body: bytes | None, *, base: str
) -> tuple[str, tuple[str, ...]]:
    """The operation's name, and what of a call it does not know."""
    address = urlsplit(url.removeprefix(base))
    described = operation(method, address.path)
    if described is None:
        return "", (f"{method} {address.path}",)
    name = str(described["operationId"])
    sent = {key for key, _ in parse_qsl(address.query)} - _TOLD_BY_RECURLY
    wrong = [f"{name}?{each}=" for each in sorted(sent - known_query(described))]
    schema = body_schema(described)
    told = json.loads(body or b"{}")
    if told and not schema:
        wrong.append(f"{name}: a body")
    elif told:
        wrong += [f"{name}: {each}" for each in complaints(schema, told)]
    return name, tuple(wrong)
