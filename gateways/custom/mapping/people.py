"""A customer's record as a snapshot."""

from gateways.custom.mapping.records import Seen, moment, switch, text, texts
from gateways.errors import PayloadError
from gateways.snapshots import AnySnapshot, CustomerSnapshot


def pictures(seen: Seen) -> tuple[AnySnapshot, ...]:
    """The customer. Addresses are text in v1, not objects."""
    record = seen.record
    external_id = text(record, "customer_id")
    if not external_id:
        raise PayloadError("A customer needs a customer_id.", parameter="customer_id")
    address = text(record, "billing_address", most=500)
    return (
        CustomerSnapshot(
            external_id=external_id,
            as_of=seen.as_of,
            created_at=moment(record, "first_seen") or seen.as_of,
            raw=seen.raw,
            name=text(record, "name", most=200),
            email=text(record, "email", most=254),
            phone=text(record, "phone", most=60),
            username=text(record, "username", most=120),
            country=text(record, "country", most=2).upper(),
            description=text(record, "description", most=1000),
            is_delinquent=switch(record, "delinquent"),
            default_payment_method="on file" if switch(record, "card_on_file") else "",
            address={"text": address} if address else {},
            metadata=texts(record, "metadata"),
        ),
    )
