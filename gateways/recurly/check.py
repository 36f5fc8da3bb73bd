"""Tests a key: which site it opens, in which mode, and which rights it has, one by one."""

import time
from dataclasses import dataclass

from gateways.contract import AccountCheck, Credentials, Permission
from gateways.errors import (
    CredentialsError,
    DeclinedError,
    GatewayError,
    InvalidOrderError,
    NotFoundError,
    OutcomeUnknownError,
    UnavailableError,
)
from gateways.recurly.client import READ_SECONDS, Method, call, get
from gateways.recurly.mapping.values import Obj, refusing_misshapen

# No object of this id exists, so that a write that is allowed still changes nothing.
_NOBODY = "chargedesk-permission-probe"
_LIVE = "production"
_MARKERS = "credit_memos"


@dataclass(frozen=True, slots=True)
class _Probe:
    name: str
    label: str
    path: str
    method: Method = Method.GET
    is_required: bool = False


PROBES = (
    _Probe("accounts.read", "Accounts: read", "/accounts", is_required=True),
    _Probe("transactions.read", "Transactions: read", "/transactions", is_required=True),
    _Probe("invoices.read", "Invoices: read", "/invoices", is_required=True),
    _Probe("subscriptions.read", "Subscriptions: read", "/subscriptions"),
    _Probe("plans.read", "Plans: read", "/plans"),
    _Probe("coupons.read", "Coupons: read", "/coupons"),
    _Probe("refunds.write", "Refunds: write", f"/invoices/{_NOBODY}/refund", Method.POST),
    _Probe(
        "subscriptions.write",
        "Subscriptions: write",
        f"/subscriptions/{_NOBODY}/cancel",
        Method.PUT,
    ),
)


@refusing_misshapen
def check(credentials: Credentials) -> AccountCheck:
    """Probe every right. CredentialsError if the key opens no site."""
    site = _site(credentials)
    permissions = [_permission(credentials, probe) for probe in PROBES]
    features = site.get("features") or ()
    permissions.append(
        Permission(
            name=f"features.{_MARKERS}",
            label="Credit invoices: switched on for the site",
            is_granted=_MARKERS in features,
            is_required=False,
        )
    )
    return AccountCheck(
        account_id=str(site["id"]),
        account_name=str(site.get("subdomain") or ""),
        is_live=site.get("mode") == _LIVE,
        permissions=tuple(permissions),
    )


def _site(credentials: Credentials) -> Obj:
    """A key belongs to one site, which is all that its list of sites has."""
    _, items = get(credentials, "/sites", limit=1).items()
    if not items:
        raise CredentialsError("This Recurly key opens no site.")
    return items[0][0]


def _permission(credentials: Credentials, probe: _Probe) -> Permission:
    return Permission(
        name=probe.name,
        label=probe.label,
        is_granted=_is_granted(credentials, probe),
        is_required=probe.is_required,
    )


def _is_granted(credentials: Credentials, probe: _Probe) -> bool:
    """Any refusal but a missing right means yes: nobody has the object that a write asks for."""
    try:
        _try(credentials, probe)
    except CredentialsError as error:
        if not error.missing:
            raise
        return False
    except DeclinedError:
        return False
    except (NotFoundError, InvalidOrderError):
        return True
    return True


def _try(credentials: Credentials, probe: _Probe) -> None:
    is_read = probe.method is Method.GET
    params: dict[str, object] = {"limit": 1} if is_read else {}
    if probe.method is Method.POST:
        params = {"type": "amount"}
    deadline = time.monotonic() + READ_SECONDS
    try:
        call(credentials, probe.method, probe.path, params=params, deadline=deadline)
    except OutcomeUnknownError as error:
        # A probe has no outcome that anyone must know.
        raise _as_unavailable(error) from error


def _as_unavailable(error: GatewayError) -> UnavailableError:
    return UnavailableError("Recurly cannot be reached.", request_id=error.request_id)
