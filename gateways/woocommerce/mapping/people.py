"""Customers with an account at the shop; guests are known from their orders only."""

from gateways.snapshots import CustomerSnapshot
from gateways.woocommerce.mapping.values import Obj, Seen, created, full_name, ident

_ADDRESS = {
    "company": "company",
    "line1": "address_1",
    "line2": "address_2",
    "city": "city",
    "state": "state",
    "postal_code": "postcode",
    "country": "country",
}


def customer(obj: Obj, seen: Seen) -> CustomerSnapshot:
    """A customer's account."""
    billing = obj.get("billing") or {}
    address = {ours: str(billing.get(theirs) or "") for ours, theirs in _ADDRESS.items()}
    return CustomerSnapshot(
        external_id=ident(obj),
        as_of=seen.as_of,
        created_at=created(obj, seen),
        raw=seen.raw,
        name=full_name(obj) or full_name(billing),
        email=str(obj.get("email") or billing.get("email") or "").strip().lower(),
        phone=str(billing.get("phone") or ""),
        username=str(obj.get("username") or ""),
        country=address["country"],
        address={key: value for key, value in address.items() if value},
    )
