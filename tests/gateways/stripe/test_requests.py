"""Every call of the adapter, against Stripe's own contract: path, query and body."""

import re
from collections.abc import Mapping
from datetime import timedelta
from types import ModuleType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from stripe import params
from stripe.params import checkout, radar

from chargedesk.kit import clock
from gateways.snapshots import ObjectKind
from gateways.stripe import ADAPTER, transport
from gateways.stripe.transport import Exchange
from tests.contracts.stripe.harness import StripeHarness
from tests.gateways.stripe.contract import complaints_about, provider_contract, sdk_complaints
from tests.gateways.traffic import use_everything

# More than a page, so that the next one is asked for.
MORE_THAN_A_PAGE = 101
# The operations of the contract, by method and path; an id is a star.
DOCUMENTED = {
    "GET /v1/charges": "charge_list",
    "GET /v1/coupons": "coupon_list",
    "GET /v1/customers": "customer_list",
    "GET /v1/customers/*/payment_methods": "customer_payment_method_list",
    "GET /v1/disputes": "dispute_list",
    "GET /v1/events": "event_list",
    "GET /v1/invoices": "invoice_list",
    "GET /v1/invoice_payments": "invoice_payment_list",
    "GET /v1/payment_intents": "payment_intent_list",
    "GET /v1/prices": "price_list",
    "GET /v1/products": "product_list",
    "GET /v1/refunds": "refund_list",
    "GET /v1/subscriptions": "subscription_list",
    "POST /v1/checkout/sessions": "checkout.session_create",
    "POST /v1/customers/*": "customer_update",
    "POST /v1/customers/*/tax_ids": "customer_tax_id_create",
    "POST /v1/invoices/*/send": "invoice_send_invoice",
    "POST /v1/invoices/*/void": "invoice_void_invoice",
    "POST /v1/payment_intents": "payment_intent_create",
    "POST /v1/payment_intents/*/cancel": "payment_intent_cancel",
    "POST /v1/payment_intents/*/capture": "payment_intent_capture",
    "POST /v1/refunds": "refund_create",
    "POST /v1/subscriptions": "subscription_create",
    "POST /v1/subscriptions/*": "subscription_update",
    "POST /v1/webhook_endpoints": "webhook_endpoint_create",
    "DELETE /v1/subscriptions/*": "subscription_cancel",
}
# What the contract at hand leaves out, and the SDK it was made from has.
OF_THE_SDK: Mapping[str, tuple[ModuleType, str]] = {
    "GET /v1/checkout/sessions": (checkout, "SessionListParams"),
    "GET /v1/customers/*/tax_ids": (params, "CustomerTaxIdListParams"),
    "GET /v1/radar/early_fraud_warnings": (radar, "EarlyFraudWarningListParams"),
    "GET /v1/webhook_endpoints": (params, "WebhookEndpointListParams"),
    "POST /v1/checkout/sessions/*/expire": (checkout, "SessionExpireParams"),
    "POST /v1/invoices/create_preview": (params, "InvoiceCreatePreviewParams"),
    "DELETE /v1/customers/*/tax_ids/*": (params, "CustomerTaxIdDeleteParams"),
    "DELETE /v1/webhook_endpoints/*": (params, "WebhookEndpointDeleteParams"),
}
# One object by its id, which takes nothing but `expand`.
READ_BY_ID = re.compile(
    r"GET /v1/(account|(charges|coupons|customers|disputes|events|invoices|invoice_payments"
    r"|payment_intents|payment_methods|prices|products|refunds|subscriptions)/[^/]+)"
)


def test_all_calls_are_in_the_contract(
    stripe_sandbox: StripeHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider_contract()
    calls: list[tuple[str, dict[str, Any]]] = []
    carry = transport._send

    def recording(exchange: Exchange, method: str, url: str, **more: Any) -> None:
        address = urlsplit(url)
        sent = address.query or more["body"] or ""
        calls.append((f"{method.upper()} {address.path.removeprefix('/stripe')}", _parsed(sent)))
        carry(exchange, method, url, **more)

    # Listening between the SDK and the socket; both are the real ones.
    monkeypatch.setattr(transport, "_send", recording)
    stripe_sandbox.make_charges(MORE_THAN_A_PAGE)
    use_everything(stripe_sandbox)
    _read_on(stripe_sandbox)
    assert sorted({f"{call}: {each}" for call, sent in calls for each in _wrong(call, sent)}) == []
    used = {_listed(call) for call, _ in calls}
    assert used >= {*DOCUMENTED, *OF_THE_SDK}, "what is in a table here is called"


@pytest.mark.parametrize(
    ("call", "sent"),
    [
        ("GET /v1/refunds", {"page": "2"}),
        ("GET /v1/refunds", {"created": {"after": "1"}}),
        ("GET /v1/refunds/re_1", {"limit": "1"}),
        ("GET /v1/checkout/sessions", {"page": "2"}),
        ("POST /v1/customers/cus_1", {"planet": "Earth"}),
        ("GET /v1/nowhere", {}),
    ],
)
def test_what_the_contract_does_not_know_is_found(call: str, sent: dict[str, Any]) -> None:
    assert _wrong(call, sent)


def _read_on(harness: StripeHarness) -> None:
    """The second page of a list and of what is new."""
    keys, since = harness.credentials(), clock.now() - timedelta(days=1)
    first = ADAPTER.page(keys, ObjectKind.CHARGE)
    assert ADAPTER.page(keys, ObjectKind.CHARGE, cursor=first.next_cursor).snapshots
    news = ADAPTER.events(keys, since=since)
    assert ADAPTER.events(keys, since=since, cursor=news.next_cursor).events


def _wrong(call: str, sent: dict[str, Any]) -> list[str]:
    if READ_BY_ID.fullmatch(call):
        return sorted(set(sent) - {"expand"})
    name = _listed(call)
    # A probe of a right names nothing that could be done.
    if not sent and name:
        return []
    if name in DOCUMENTED:
        return complaints_about(DOCUMENTED[name], sent)
    return sdk_complaints(*OF_THE_SDK[name], sent) if name else ["no such operation"]


def _listed(call: str) -> str:
    """The call as it stands in one of the tables; empty if in none."""
    if call in DOCUMENTED or call in OF_THE_SDK:
        return call
    fitting = (each for each in (*DOCUMENTED, *OF_THE_SDK) if _fits(each, call))
    return next(fitting, "")


def _fits(template: str, call: str) -> bool:
    return re.fullmatch(re.escape(template).replace(r"\*", "[^/]+"), call) is not None


def _parsed(form: str) -> dict[str, Any]:
    """Parameters as they were before they were written as `items[0][price]`."""
    found: dict[str, Any] = {}
    for name, value in parse_qsl(form, keep_blank_values=True):
        *path, last = re.findall(r"[^\[\]]+", name)
        place = found
        for part in path:
            place = place.setdefault(part, {})
        place[last] = value == "true" if value in {"true", "false"} else value
    return {name: _with_lists(each) for name, each in found.items()}


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: _with_lists(each) for name, each in value.items()}
    return list(inner.values()) if all(name.isdecimal() for name in inner) else inner
