"""Every request of the adapter, and every answer of the sandbox, fits PayPal's own documents."""

import json
from urllib.parse import parse_qsl, urlsplit

import pytest

from gateways.paypal import api
from gateways.paypal.transport import carry
from gateways.snapshots import ObjectKind
from gateways.timed import Exchange
from tests.contracts.paypal.harness import PayPalHarness
from tests.gateways.paypal.specs import errors_in, operation, parameters, schema_of
from tests.gateways.traffic import use_everything

# An empty list is an answer too, and ids of subscriptions have a hyphen wherever they are shown.
TOLERATED = ("[] should be non-empty", "'paypal_reference_id']: 'I-")
UNLISTED = {"authorization", "content-type", "accept", "user-agent", "prefer"}


def test_all_traffic_fits_the_documents(
    paypal: PayPalHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, str, dict[str, str], bytes | None, Exchange]] = []

    def recording(exchange: Exchange, method: str, url: str, **more: object) -> None:
        carry(exchange, method, url, **more)  # type: ignore[arg-type]
        seen.append((method, url, more["headers"], more["body"], exchange))  # type: ignore[arg-type]

    # Listening between the SDK and the socket; both are the real ones.
    monkeypatch.setattr(api, "carry", recording)
    _use_all(paypal)
    checked: set[str] = set()
    wrong: set[str] = set()
    for each in seen:
        if "/oauth2/" not in each[1]:
            name, found = _check(*each)
            checked.add(name)
            wrong |= {f"{name}: {error}" for error in found}
    assert sorted(wrong) == []
    assert len(checked) > 15, checked


def _use_all(paypal: PayPalHarness) -> None:
    disputed = paypal.make("charge", disputed=True)
    paypal.make("charge", is_bare=True, status="PARTIALLY_REFUNDED")
    paypal.adapter.read(paypal.credentials(), ObjectKind.CHARGE, disputed["id"])
    use_everything(paypal)


def _check(
    method: str, url: str, headers: dict[str, str], body: bytes | None, exchange: Exchange
) -> tuple[str, list[str]]:
    address = urlsplit(url)
    path = address.path.removeprefix("/paypal")
    name, described = operation(method, path)
    listed = parameters(name, described)
    wrong = [
        f"parameter {parameter}"
        for parameter, _ in parse_qsl(address.query)
        if ("query", parameter.lower()) not in listed
    ]
    # `Prefer` is a general header of PayPal; a key where none is listed would be a false hope.
    wrong += [
        f"header {header}"
        for header in headers
        if header.lower() not in UNLISTED and ("header", header.lower()) not in listed
    ]
    if body:
        schema = schema_of(described["requestBody"])
        wrong += errors_in(name, schema, json.loads(body)) if schema else ["a body"]
    answered = schema_of(described["responses"].get(str(exchange.status), {}))
    if exchange.body and answered and exchange.status < 300:
        wrong += errors_in(name, answered, json.loads(exchange.body))
    return f"{method} {name} {described.get('operationId')}", [
        each for each in wrong if not any(part in each for part in TOLERATED)
    ]
