"""Who paid: PayPal lists no customers, so what payments and subscriptions tell makes the record."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from gateways.paypal.mapping.payments import GUEST, payer_fields
from gateways.paypal.mapping.values import MISSHAPEN
from gateways.snapshots import AnySnapshot, ChargeSnapshot, CustomerSnapshot, SubscriptionSnapshot

_FIELDS = ("name", "email", "phone", "country")


def payers(snapshots: Iterable[AnySnapshot]) -> tuple[CustomerSnapshot, ...]:
    """Each payer once, as the newest of the payments and subscriptions shows it.

    A payer's picture is as old as the payment that shows it, so that a newer one counts whatever
    the order of reading. Guests are left out: their e-mail address is all there is.
    """
    people: dict[str, CustomerSnapshot] = {}
    for each in sorted(snapshots, key=lambda one: one.created_at):
        payer = _payer(each)
        if payer is not None:
            people[payer.external_id] = payer
    return tuple(people.values())


def _payer(snapshot: AnySnapshot) -> CustomerSnapshot | None:
    if isinstance(snapshot, ChargeSnapshot):
        told = {
            "customer_id": snapshot.customer_id,
            **{f"customer_{name}": getattr(snapshot, f"customer_{name}") for name in _FIELDS},
        }
    elif isinstance(snapshot, SubscriptionSnapshot):
        told = payer_fields(_subscriber(snapshot.raw))
    else:
        return None
    return _record(told, snapshot.created_at)


def _record(told: Mapping[str, str], moment: datetime) -> CustomerSnapshot | None:
    external_id = told["customer_id"]
    if not external_id or external_id.startswith(GUEST) or not told["customer_email"]:
        return None
    fields = {name: told[f"customer_{name}"] for name in _FIELDS}
    return CustomerSnapshot(
        external_id=external_id,
        as_of=moment,
        created_at=moment,
        raw=json.dumps(fields, ensure_ascii=False).encode(),
        name=fields["name"],
        email=fields["email"],
        phone=fields["phone"],
        country=fields["country"],
    )


def _subscriber(raw: bytes) -> Mapping[str, Any]:
    try:
        return json.loads(raw).get("subscriber") or {}
    except MISSHAPEN:
        return {}
