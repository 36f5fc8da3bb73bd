"""Tests a pair of keys: which shop they open, and which rights they have, one by one."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from gateways.contract import AccountCheck, Credentials, Permission
from gateways.errors import (
    CredentialsError,
    DeclinedError,
    InvalidOrderError,
    NotFoundError,
    OutcomeUnknownError,
    UnavailableError,
)
from gateways.woocommerce.address import shop_base
from gateways.woocommerce.client import API, READ_SECONDS, change, get
from gateways.woocommerce.documents import Obj

_INDEX = "/wp-json/"
_LONGEST_ACCOUNT = 120
_SUBSCRIPTIONS = "/wc/v3/subscriptions"


@dataclass(frozen=True, slots=True)
class _Probe:
    name: str
    label: str
    path: str
    method: str = "GET"
    is_required: bool = False
    route: str = ""


# Nothing has the number 0, so that a write that is allowed still changes nothing.
PROBES = (
    _Probe("orders.read", "Orders: read", "/orders", is_required=True),
    _Probe("customers.read", "Customers: read", "/customers"),
    _Probe("products.read", "Products: read", "/products"),
    _Probe("coupons.read", "Coupons: read", "/coupons"),
    _Probe("subscriptions.read", "Subscriptions: read", "/subscriptions", route=_SUBSCRIPTIONS),
    _Probe("refunds.write", "Refunds: write", "/orders/0/refunds", "POST"),
    _Probe("webhooks.write", "Webhooks: write", "/webhooks/0", "DELETE"),
    _Probe(
        "subscriptions.write",
        "Subscriptions: write",
        "/subscriptions/0",
        "PUT",
        route=_SUBSCRIPTIONS,
    ),
)


def check(credentials: Credentials) -> AccountCheck:
    """Probe every right. CredentialsError if the keys open nothing at all.

    A shop has no test mode: its keys move real money, unless local settings replaced its address.
    """
    index = _index(credentials)
    routes = index.get("routes") or {}
    probes = [each for each in PROBES if not each.route or each.route in routes]
    permissions = tuple(_permission(credentials, probe) for probe in probes)
    if not any(each.is_granted for each in permissions):
        raise CredentialsError("These keys open nothing that ChargeDesk reads.")
    return AccountCheck(
        account_id=_account(index.get("home") or index.get("url") or shop_base(credentials)),
        account_name=str(index.get("name") or ""),
        is_live=not credentials.api_base,
        permissions=permissions,
    )


def _index(credentials: Credentials) -> Obj:
    """The shop's own address, name and routes; empty where it hides them."""
    try:
        return get(credentials, _INDEX, api="", _fields="name,home,url,routes").object()
    except (NotFoundError, InvalidOrderError, CredentialsError) as error:
        if isinstance(error, CredentialsError) and error.parameter:
            raise
        return {}


def _account(home: object) -> str:
    """The shop as its own settings name it, however a person typed it (M10)."""
    parts = urlsplit(str(home))
    return f"{parts.netloc.lower()}{parts.path.rstrip('/')}"[:_LONGEST_ACCOUNT]


def _permission(credentials: Credentials, probe: _Probe) -> Permission:
    return Permission(
        name=probe.name,
        label=probe.label,
        is_granted=_is_granted(lambda: _try(credentials, probe), is_read=probe.method == "GET"),
        is_required=probe.is_required,
    )


def _try(credentials: Credentials, probe: _Probe) -> None:
    if probe.method == "GET":
        get(credentials, probe.path, api=API, per_page="1")
        return
    refund = {"amount": "0.01", "api_refund": False, "reason": "ChargeDesk asks for its rights"}
    try:
        change(
            credentials,
            probe.method,
            probe.path,
            deadline=time.monotonic() + READ_SECONDS,
            body=refund if probe.method == "POST" else {},
            query={"force": "true"} if probe.method == "DELETE" else {},
        )
    except OutcomeUnknownError as error:
        # A probe has no outcome that anyone must know.
        raise UnavailableError("The shop cannot be reached.") from error


def _is_granted(attempt: Callable[[], None], *, is_read: bool) -> bool:
    """Any refusal but a missing right means yes.

    A key that may only read is refused with the words for a wrong key.
    """
    try:
        attempt()
    except CredentialsError as error:
        if is_read and not error.missing:
            raise
        return False
    except (NotFoundError, InvalidOrderError, DeclinedError):
        return True
    return True
