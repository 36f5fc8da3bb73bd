"""Tests a key: which account it opens, in which mode, and which rights it has, one by one."""

import hashlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from gateways.contract import AccountCheck, Credentials, Permission
from gateways.errors import (
    CredentialsError,
    DeclinedError,
    InvalidOrderError,
    NotFoundError,
    OutcomeUnknownError,
    UnavailableError,
)
from gateways.stripe.client import READ_SECONDS, Method, call, get, is_live_key

_ACCOUNT = re.compile(r"\bacct_\w+")
# No object of this id exists, so that a write that is allowed still changes nothing.
_NOBODY = "chargedesk_permission_probe"


@dataclass(frozen=True, slots=True)
class _Probe:
    name: str
    label: str
    path: str
    method: Method = Method.GET
    is_required: bool = False


PROBES = (
    _Probe("customers.read", "Customers: read", "/v1/customers", is_required=True),
    _Probe("charges.read", "Charges and refunds: read", "/v1/charges", is_required=True),
    _Probe("refunds.read", "Refunds: read", "/v1/refunds", is_required=True),
    _Probe(
        "payment_intents.read", "Payment intents: read", "/v1/payment_intents", is_required=True
    ),
    _Probe("disputes.read", "Disputes: read", "/v1/disputes", is_required=True),
    _Probe(
        "early_fraud_warnings.read", "Early fraud warnings: read", "/v1/radar/early_fraud_warnings"
    ),
    _Probe("subscriptions.read", "Subscriptions: read", "/v1/subscriptions"),
    _Probe("invoices.read", "Invoices: read", "/v1/invoices"),
    _Probe("invoice_payments.read", "Invoice payments: read", "/v1/invoice_payments"),
    _Probe("products.read", "Products: read", "/v1/products"),
    _Probe("prices.read", "Prices: read", "/v1/prices"),
    _Probe("coupons.read", "Coupons: read", "/v1/coupons"),
    _Probe("events.read", "Events: read", "/v1/events"),
    _Probe("tax_ids.read", "Tax ids: read", f"/v1/customers/{_NOBODY}/tax_ids"),
    _Probe("payment_methods.read", "Payment methods: read", f"/v1/payment_methods/{_NOBODY}"),
    _Probe("refunds.write", "Refunds: write", "/v1/refunds", Method.POST),
    _Probe(
        "payment_intents.write",
        "Payment intents: write",
        f"/v1/payment_intents/{_NOBODY}/cancel",
        Method.POST,
    ),
    _Probe(
        "subscriptions.write", "Subscriptions: write", f"/v1/subscriptions/{_NOBODY}", Method.DELETE
    ),
    _Probe(
        "checkout_sessions.write",
        "Checkout sessions: write",
        f"/v1/checkout/sessions/{_NOBODY}/expire",
        Method.POST,
    ),
    _Probe("invoices.write", "Invoices: write", f"/v1/invoices/{_NOBODY}/void", Method.POST),
    _Probe("customers.write", "Customers: write", f"/v1/customers/{_NOBODY}", Method.POST),
    _Probe("tax_ids.write", "Tax ids: write", f"/v1/customers/{_NOBODY}/tax_ids", Method.POST),
    _Probe(
        "webhook_endpoints.write", "Webhook endpoints: write", "/v1/webhook_endpoints", Method.POST
    ),
)


def check(credentials: Credentials) -> AccountCheck:
    """Probe every right. CredentialsError if the key opens nothing at all."""
    account_id, account_name = _account(credentials)
    permissions = tuple(_permission(credentials, probe) for probe in PROBES)
    if not any(each.is_granted for each in permissions):
        raise CredentialsError("This Stripe key opens nothing that ChargeDesk reads.")
    return AccountCheck(
        account_id=account_id,
        account_name=account_name,
        is_live=is_live_key(credentials.values["api_key"].strip()),
        permissions=permissions,
    )


def _account(credentials: Credentials) -> tuple[str, str]:
    try:
        account = get(credentials, "/v1/account").object()
    except CredentialsError as error:
        if not error.missing:
            raise
        # A restricted key may not read the account, but the refusal usually names it.
        named = _ACCOUNT.search(error.provider_message)
        return (named.group() if named else _fingerprint(credentials)), ""
    profile = account.get("business_profile") or {}
    dashboard = (account.get("settings") or {}).get("dashboard") or {}
    return str(account.get("id") or _fingerprint(credentials)), str(
        profile.get("name") or dashboard.get("display_name") or ""
    )


def _permission(credentials: Credentials, probe: _Probe) -> Permission:
    return Permission(
        name=probe.name,
        label=probe.label,
        is_granted=_is_granted(lambda: _try(credentials, probe)),
        is_required=probe.is_required,
    )


def _try(credentials: Credentials, probe: _Probe) -> None:
    params = {"limit": 1} if probe.method is Method.GET and _NOBODY not in probe.path else {}
    try:
        call(
            credentials,
            probe.method,
            probe.path,
            params=params,
            deadline=time.monotonic() + READ_SECONDS,
        )
    except OutcomeUnknownError as error:
        # A probe has no outcome that anyone must know.
        raise UnavailableError("Stripe cannot be reached.", request_id=error.request_id) from error


def _is_granted(attempt: Callable[[], None]) -> bool:
    """Any refusal but a missing right means yes.

    Stripe looks at the rights of a key before it looks at the parameters.
    """
    try:
        attempt()
    except CredentialsError as error:
        if not error.missing:
            raise
        return False
    except (NotFoundError, InvalidOrderError, DeclinedError):
        return True
    return True


def _fingerprint(credentials: Credentials) -> str:
    digest = hashlib.sha256(credentials.values["api_key"].strip().encode()).hexdigest()
    return f"key_{digest[:24]}"
