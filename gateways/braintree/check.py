"""Tests keys: which merchant they open, in which environment, and which rights they have."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from gateways.braintree.client import READ_SECONDS, Method, call
from gateways.braintree.reading import is_live
from gateways.braintree.refusals import Purpose
from gateways.contract import AccountCheck, Credentials, Permission
from gateways.errors import CredentialsError, InvalidOrderError, NotFoundError

# No object of this id exists, so that a change that is allowed still changes nothing.
_NOBODY = "chargedesk-permission-probe"


@dataclass(frozen=True, slots=True)
class _Probe:
    name: str
    label: str
    path: str
    method: Method = Method.POST
    is_required: bool = False
    criteria: Mapping[str, object] = field(default_factory=dict)


_BY_IDS: dict[str, object] = {"ids": [_NOBODY]}

PROBES = (
    _Probe(
        "transactions.read",
        "Transactions: read",
        "/transactions/advanced_search",
        is_required=True,
        criteria=_BY_IDS,
    ),
    _Probe(
        "customers.read",
        "Customers: read",
        "/customers/advanced_search",
        is_required=True,
        criteria=_BY_IDS,
    ),
    _Probe(
        "disputes.read",
        "Disputes: read",
        "/disputes/advanced_search?page=1",
        criteria={"id": {"is": _NOBODY}},
    ),
    _Probe(
        "subscriptions.read",
        "Subscriptions: read",
        "/subscriptions/advanced_search",
        criteria=_BY_IDS,
    ),
    _Probe("plans.read", "Plans: read", "/plans/", Method.GET),
    _Probe("refunds.write", "Transactions: refund", f"/transactions/{_NOBODY}/refund"),
    _Probe("voids.write", "Transactions: void", f"/transactions/{_NOBODY}/void", Method.PUT),
    _Probe(
        "captures.write",
        "Transactions: submit for settlement",
        f"/transactions/{_NOBODY}/submit_for_settlement",
        Method.PUT,
    ),
    _Probe(
        "subscriptions.write",
        "Subscriptions: cancel",
        f"/subscriptions/{_NOBODY}/cancel",
        Method.PUT,
    ),
)


def check(credentials: Credentials) -> AccountCheck:
    """Probe every right. CredentialsError if the keys open nothing at all."""
    permissions = tuple(
        Permission(
            name=probe.name,
            label=probe.label,
            is_granted=_is_granted(credentials, probe),
            is_required=probe.is_required,
        )
        for probe in PROBES
    )
    if not any(each.is_granted for each in permissions):
        raise CredentialsError("These Braintree keys open nothing that ChargeDesk reads.")
    merchant = credentials.values["merchant_id"].strip()
    return AccountCheck(
        account_id=merchant,
        account_name=merchant,
        is_live=is_live(credentials),
        permissions=permissions,
    )


def _is_granted(credentials: Credentials, probe: _Probe) -> bool:
    """Any refusal but a missing right means yes; a probe has no outcome that anyone must know."""
    try:
        call(
            credentials,
            probe.method,
            probe.path,
            params={"search": dict(probe.criteria)} if probe.criteria else {},
            deadline=time.monotonic() + READ_SECONDS,
            purpose=Purpose.READ,
        )
    except CredentialsError as error:
        if not error.missing:
            raise
        return False
    except (NotFoundError, InvalidOrderError):
        return True
    return True
