"""Customers and their payment methods."""

from typing import Any

from gateways.snapshots import CustomerSnapshot, PaymentMethodSnapshot
from gateways.stripe.mapping.values import Obj, Seen, created, ref

_ADDRESS = ("line1", "line2", "postal_code", "city", "state", "country")


def customer(obj: Obj, seen: Seen) -> CustomerSnapshot:
    """A customer; one that was deleted comes with nothing but its id."""
    address = obj.get("address") or {}
    locales = obj.get("preferred_locales") or [""]
    default = (obj.get("invoice_settings") or {}).get("default_payment_method") or obj.get(
        "default_source"
    )
    return CustomerSnapshot(
        external_id=obj["id"],
        as_of=seen.as_of,
        created_at=created(obj, seen),
        raw=seen.raw,
        deleted=seen.is_deleted or bool(obj.get("deleted")),
        name=obj.get("name") or "",
        email=obj.get("email") or "",
        phone=obj.get("phone") or "",
        country=address.get("country") or "",
        language=locales[0],
        currency=(obj.get("currency") or "").upper(),
        description=obj.get("description") or "",
        is_delinquent=bool(obj.get("delinquent")),
        default_payment_method=ref(default),
        address={part: address[part] for part in _ADDRESS if address.get(part)},
        tax_ids=_tax_ids(obj.get("tax_ids")),
        metadata=obj.get("metadata") or {},
    )


def _tax_ids(listed: Any) -> tuple[dict[str, str], ...] | None:
    if listed is None:
        return None
    return tuple(
        {
            "external_id": each["id"],
            "type": each["type"],
            "value": each.get("value") or "",
            "status": (each.get("verification") or {}).get("status") or "",
        }
        for each in listed["data"]
    )


def payment_method(obj: Obj, seen: Seen) -> PaymentMethodSnapshot:
    """A card or account on file; a detached one has no customer any more."""
    details = obj.get(obj["type"]) or {}
    return PaymentMethodSnapshot(
        external_id=obj["id"],
        as_of=seen.as_of,
        created_at=created(obj, seen),
        raw=seen.raw,
        deleted=seen.is_deleted or not obj.get("customer"),
        customer_id=ref(obj.get("customer")),
        kind=obj["type"],
        brand=details.get("brand") or details.get("bank_name") or "",
        last4=details.get("last4") or "",
        expires=f"{details['exp_year']}-{details['exp_month']:02d}"
        if details.get("exp_year")
        else "",
    )
