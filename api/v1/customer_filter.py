"""The filter `customer[…]` that several lists share."""

from typing import Any

from rest_framework import serializers

from api.parameters import Nested, StrictInput

_CONDITIONS = {
    "id": "external_id",
    "email": "email__iexact",
    "name": "name__icontains",
    "username": "username",
}


class CustomerFilter(StrictInput):
    """Whose it is."""

    id = serializers.CharField(required=False, max_length=255)
    email = serializers.CharField(required=False, max_length=254)
    name = serializers.CharField(required=False, max_length=200)
    username = serializers.CharField(required=False, max_length=120)


def customer_conditions(customer: Nested) -> dict[str, Any]:
    """Query conditions on a row's `gateway_customer`."""
    return {f"gateway_customer__{_CONDITIONS[name]}": value for name, value in customer.items()}
