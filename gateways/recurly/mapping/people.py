"""Accounts as customers, and their billing infos as payment methods."""

from gateways.recurly.mapping.payments import full_name, method_kind
from gateways.recurly.mapping.values import Obj, Seen, created
from gateways.snapshots import CustomerSnapshot, PaymentMethodSnapshot

_ADDRESS = {
    "street1": "line1",
    "street2": "line2",
    "postal_code": "postal_code",
    "city": "city",
    "region": "state",
    "country": "country",
}


def customer(obj: Obj, seen: Seen) -> CustomerSnapshot:
    """An account. A closed one (with `deleted_at`) is inactive, not gone: it can be reopened."""
    address = obj.get("address") or {}
    told = {"code": obj.get("code"), "state": obj.get("state"), "vat_number": obj.get("vat_number")}
    return CustomerSnapshot(
        external_id=obj["id"],
        as_of=seen.as_of,
        created_at=created(obj, seen),
        raw=seen.raw,
        name=full_name(obj),
        email=obj.get("email") or "",
        phone=address.get("phone") or "",
        username=obj.get("username") or "",
        country=address.get("country") or "",
        language=obj.get("preferred_locale") or "",
        description=obj.get("company") or "",
        is_delinquent=bool(obj.get("has_past_due_invoice")),
        address={ours: address[theirs] for theirs, ours in _ADDRESS.items() if address.get(theirs)},
        metadata={name: str(value) for name, value in told.items() if value},
    )


def payment_method(obj: Obj, seen: Seen) -> PaymentMethodSnapshot:
    """A billing info of an account."""
    method = obj.get("payment_method") or {}
    year, month = method.get("exp_year"), method.get("exp_month")
    return PaymentMethodSnapshot(
        external_id=obj["id"],
        as_of=seen.as_of,
        created_at=created(obj, seen),
        raw=seen.raw,
        customer_id=obj["account_id"],
        kind=method_kind(method),
        brand=method.get("card_type") or "",
        last4=method.get("last_four") or method.get("last_two") or "",
        expires=f"{year}-{month:02d}" if year and month else "",
    )
