"""Customers: list, look at one, and find the person behind a name or address."""

from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.pagination import LARGE_OFFSET_CAP, PageInput, page_of, window
from api.parameters import Nested, TimeRange, query_input, time_conditions
from api.schema import listing, reading
from api.v1 import known
from api.v1.charge_output import PAID
from api.v1.customer_output import customers_json
from api.v1.shapes import CUSTOMER
from api.v1.view import V1View, caller_key, in_tenant_scope
from chargedesk.ledger.models import Charge, GatewayCustomer

_CONDITIONS = {
    "customer_id": "external_id",
    "email": "email__iexact",
    "name": "name__icontains",
    "username": "username",
    "phone": "phone",
}


class CustomerFilters(PageInput, known.ConnectionInput):
    """What to search customers by."""

    query = serializers.CharField(required=False, max_length=200)
    customer_id = serializers.CharField(required=False, max_length=255)
    email = serializers.CharField(required=False, max_length=254)
    name = serializers.CharField(required=False, max_length=200)
    username = serializers.CharField(required=False, max_length=120)
    phone = serializers.CharField(required=False, max_length=60)
    first_seen = TimeRange(required=False)


class CustomersView(V1View):
    """GET /v1/customers."""

    @listing("listCustomers", "List customers", filters=CustomerFilters, row=CUSTOMER)
    @in_tenant_scope
    def get(self, request: Request) -> Response:
        """Customers, newest first."""
        filters = query_input(CustomerFilters, request)
        asked = window(filters, cap=LARGE_OFFSET_CAP)
        key, rows = caller_key(request), matching_customers(filters)
        return Response(page_of(rows, asked, lambda found: customers_json(found, key)))


class CustomerView(V1View):
    """GET /v1/customers/{customer_id}."""

    @reading("getCustomer", "One customer", asked=known.ConnectionInput, row=CUSTOMER)
    @in_tenant_scope
    def get(self, request: Request, customer_id: str) -> Response:
        """One customer."""
        asked = query_input(known.ConnectionInput, request)
        row = known.by_external_id(complete_customers(), customer_id, asked.get("gateway_id"))
        return Response(customers_json([row], caller_key(request))[0])


def complete_customers() -> QuerySet[GatewayCustomer]:
    """Customers with all that their rendering needs."""
    charges = Charge.objects.filter(gateway_customer_id=OuterRef("pk")).order_by("-occurred_at")
    return (
        GatewayCustomer.objects.filter(is_deleted=False)
        .select_related("connection")
        .defer("raw", "connection__credentials", "connection__webhook_secrets")
        .annotate(
            last_charge_id=Subquery(charges.values("id")[:1]),
            last_paid_charge_id=Subquery(charges.filter(status__in=PAID).values("id")[:1]),
        )
    )


def matching_customers(filters: Nested) -> QuerySet[GatewayCustomer]:
    """The customers a caller asks for, newest first."""
    conditions: dict[str, Any] = {
        **known.connection_conditions(filters),
        **time_conditions("occurred_at", filters.get("first_seen")),
        **{column: filters[name] for name, column in _CONDITIONS.items() if name in filters},
    }
    rows = complete_customers().filter(**conditions)
    if "query" in filters:
        rows = rows.filter(_free_text(filters["query"]))
    return rows.order_by("-occurred_at", "id")


def _free_text(query: str) -> Q:
    return (
        Q(external_id=query)
        | Q(name__icontains=query)
        | Q(email__icontains=query)
        | Q(username=query)
        | Q(phone=query)
    )
