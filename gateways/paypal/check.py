"""Tests a key: which account it opens, in which mode, and which features the app has."""

import time
from dataclasses import dataclass

from gateways.contract import AccountCheck, Credentials, Permission
from gateways.errors import CredentialsError
from gateways.paypal.client import READ_SECONDS, api_for, get, is_live

SERVICES = "https://uri.paypal.com/services/"


@dataclass(frozen=True, slots=True)
class _Right:
    name: str
    label: str
    is_required: bool = False


RIGHTS = (
    _Right("payments/payment/authcapture", "Payments: read, capture, void", is_required=True),
    _Right("payments/refund", "Payments: refund"),
    _Right("payments/payment", "Orders: read", is_required=True),
    _Right(
        "reporting/search/read",
        "Transaction search (after enabling it, PayPal takes up to nine hours)",
        is_required=True,
    ),
    _Right("subscriptions", "Subscriptions, plans and products"),
    _Right("invoicing/invoices/read", "Invoices: read"),
    _Right("invoicing/invoices/readwrite", "Invoices: send, cancel"),
    _Right("disputes/read-seller", "Disputes: read"),
    _Right("applications/webhooks", "Webhooks"),
)


def check(credentials: Credentials) -> AccountCheck:
    """The token tells its rights. CredentialsError if the key opens nothing at all."""
    token = api_for(credentials).token(time.monotonic() + READ_SECONDS)
    scopes = {each.removeprefix(SERVICES) for each in str(token.get("scope") or "").split()}
    permissions = tuple(
        Permission(
            name=right.name,
            label=right.label,
            is_granted=_is_granted(right.name, scopes),
            is_required=right.is_required,
        )
        for right in RIGHTS
    )
    if not any(each.is_granted for each in permissions):
        raise CredentialsError("This PayPal app has no feature that ChargeDesk uses.")
    return AccountCheck(
        account_id=_account(credentials, str(token.get("app_id") or "")),
        account_name="",
        is_live=is_live(credentials),
        permissions=permissions,
    )


def _is_granted(name: str, scopes: set[str]) -> bool:
    """`readwrite` includes `read`."""
    return name in scopes or f"{name}write" in scopes


def _account(credentials: Credentials, app_id: str) -> str:
    """The merchant's account; only the app where balances may not be read."""
    try:
        found = get(credentials, "/v1/reporting/balances").object().get("account_id")
    except CredentialsError as error:
        if not error.missing:
            raise
        found = ""
    return str(found or f"app_{app_id or credentials.values['client_id'].strip()}")
