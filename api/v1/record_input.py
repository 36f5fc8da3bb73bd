"""What may be told of a record of one's own: v1's fields, nested or flat, as the record's names."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.parameters import Nested, StrictInput, UnixTime
from api.v1.known import ConnectionInput
from api.v1.order_input import AmountText
from api.v1.words import CHARGE_STATUSES, REFUND_STATUSES, SUBSCRIPTION_STATUSES

INTERVALS = ("day", "week", "month", "year")
# Nested in a form, flat in a record.
_NESTED = {
    "customer": {
        "id": "customer_id",
        "email": "customer_email",
        "name": "customer_name",
        "phone": "customer_phone",
        "username": "customer_username",
        "country": "customer_country",
    },
    "product": {"id": "product_id"},
    "subscription": {"id": "subscription_id"},
}
_NOT_OF_THE_RECORD = ("gateway_id", "duplicate")


def _text(most: int = 255, **options: Any) -> serializers.CharField:
    return serializers.CharField(required=False, allow_blank=True, max_length=most, **options)


def _id() -> serializers.CharField:
    return serializers.CharField(required=False, max_length=255)


def _number(most: int) -> serializers.IntegerField:
    return serializers.IntegerField(required=False, min_value=0, max_value=most)


def _currency() -> serializers.CharField:
    return serializers.CharField(required=False, min_length=3, max_length=3)


@extend_schema_field(OpenApiTypes.STR)
class Switch(serializers.BooleanField):
    """`0` or `1`, as v1 writes it."""

    def to_representation(self, value: bool) -> str:  # type: ignore[override]  # noqa: FBT001
        """As v1 writes it."""
        return "1" if value else "0"


@extend_schema_field({"type": "integer", "minimum": 0, "maximum": 99_999_999_999})
class Moment(UnixTime):
    """Whole Unix seconds; `0` is no time."""


class Metadata(serializers.DictField):
    """Names and texts."""

    child = serializers.CharField(allow_blank=True, max_length=500)


class CustomerPart(StrictInput):
    """Whose it is."""

    id = _id()
    email = _text(254)
    name = _text(200)
    phone = _text(60)
    username = _text(120)
    country = _text(2)


class IdPart(StrictInput):
    """What it belongs to."""

    id = _id()


class RefundPart(StrictInput):
    """One refund of a charge; `idempotency_key` if it was ordered here."""

    refund_id = _id()
    idempotency_key = _text()
    amount = AmountText()
    status = serializers.ChoiceField(choices=REFUND_STATUSES, required=False)
    occurred = Moment(required=False)
    reason = _text(60)
    failure_reason = _text(120)


class RecordInput(ConnectionInput):
    """What every record may be told."""

    metadata = Metadata(required=False)


class ChargeFields(RecordInput):
    """A charge; a record, not a payment. `idempotency_key` if it was ordered here."""

    transaction_id = _id()
    amount = AmountText(required=False)
    currency = _currency()
    customer = CustomerPart(required=False)
    customer_id = _id()
    customer_email = _text(254)
    customer_name = _text(200)
    customer_phone = _text(60)
    customer_username = _text(120)
    customer_country = _text(2)
    status = serializers.ChoiceField(choices=CHARGE_STATUSES, required=False)
    amount_refunded = AmountText(required=False)
    amount_captured = AmountText(required=False)
    refunds = RefundPart(many=True, required=False)
    idempotency_key = _text()
    description = _text(1000)
    occurred = Moment(required=False)
    last_4_digits = serializers.RegexField(r"^[0-9]{4}$", required=False)
    payment_method = _text(40)
    payment_method_brand = _text(40)
    failure_reason = _text(500)
    product = IdPart(required=False)
    product_id = _id()
    subscription = IdPart(required=False)
    subscription_id = _id()


class CustomerFields(RecordInput):
    """A customer."""

    customer_id = _id()
    email = _text(254)
    name = _text(200)
    phone = _text(60)
    username = _text(120)
    country = _text(2)
    customer_company = _text(200)
    website = _text(500)
    description = _text(1000)
    delinquent = Switch(required=False)
    card_on_file = Switch(required=False)
    tax_number = _text(60)
    billing_address = _text(500)
    invoice_details = _text(1000)
    first_seen = Moment(required=False)


class SubscriptionFields(RecordInput):
    """A subscription. `idempotency_key` if it was ordered here."""

    subscription_id = _id()
    idempotency_key = _text()
    customer = CustomerPart(required=False)
    customer_id = _id()
    product = IdPart(required=False)
    product_id = _id()
    product_desc = _text(200)
    status = serializers.ChoiceField(choices=SUBSCRIPTION_STATUSES, required=False)
    amount = AmountText(required=False)
    currency = _currency()
    interval = serializers.ChoiceField(choices=INTERVALS, required=False)
    interval_count = _number(1000)
    quantity = _number(1_000_000)
    trial_start = Moment(required=False)
    trial_end = Moment(required=False)
    current_period_start = Moment(required=False)
    current_period_end = Moment(required=False)
    first_seen = Moment(required=False)
    canceled_at = Moment(required=False)
    ended_at = Moment(required=False)
    cancel_at_period_end = Switch(required=False)
    billing_cycles_total = _number(100_000)
    billing_cycles_current = _number(100_000)
    items = serializers.ListField(child=serializers.DictField(), required=False, max_length=100)


class ProductFields(RecordInput):
    """A product."""

    product_id = _id()
    name = _text(200)
    description = _text(1000)
    url = _text(500)
    amount = AmountText(required=False)
    currency = _currency()
    interval = serializers.ChoiceField(choices=INTERVALS, required=False)
    interval_count = _number(1000)
    quantity = _number(1_000_000)
    trial_period_days = _number(10_000)
    billing_cycles_total = _number(100_000)
    setup_amount = AmountText(required=False)
    chargeable = Switch(required=False)


class NewRecord(StrictInput):
    """What a new one is besides."""

    duplicate = serializers.ChoiceField(
        choices=("update",), required=False, help_text="Update the record if its id exists already."
    )


class NewCharge(ChargeFields, NewRecord):
    """A new charge."""

    amount = AmountText()
    currency = serializers.CharField(min_length=3, max_length=3)


class NewCustomer(CustomerFields, NewRecord):
    """A new customer."""

    customer_id = serializers.CharField(max_length=255)


class NewSubscription(SubscriptionFields, NewRecord):
    """A new subscription."""

    subscription_id = serializers.CharField(max_length=255)


class NewProduct(ProductFields, NewRecord):
    """A new product."""

    product_id = serializers.CharField(max_length=255)


def record_fields(values: Nested) -> dict[str, Any]:
    """What was told, by the record's own names: flat, JSON values only."""
    told: dict[str, Any] = {}
    for name, value in values.items():
        if name in _NESTED:
            told |= {_NESTED[name][part]: _plain(each) for part, each in value.items()}
        elif name == "refunds":
            told[name] = [{part: _plain(each) for part, each in one.items()} for one in value]
        elif name not in _NOT_OF_THE_RECORD:
            told[name] = _plain(value)
    return told


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return "1" if value else "0"
    return int(value.timestamp()) if hasattr(value, "timestamp") else value
