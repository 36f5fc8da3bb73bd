"""Customers: list, look at one; store, change and delete those of one's own system."""

from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.auth import Scope
from api.pagination import LARGE_OFFSET_CAP, PageInput, page_of, window
from api.parameters import Nested, TimeRange, body_input, query_input, time_conditions
from api.schema import forgetting, listing, reading, telling
from api.v1 import known, records
from api.v1.charge_output import PAID
from api.v1.customer_output import customers_json
from api.v1.record_input import CustomerFields, NewCustomer
from api.v1.shapes import CUSTOMER
from api.v1.view import V1View, caller_key, in_tenant_scope
from chargedesk.ledger.models import Charge, GatewayCustomer
from gateways.snapshots import ObjectKind

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


class DeletionInput(known.ConnectionInput):
    """What goes with the customer."""

    delete_all = serializers.ChoiceField(
        choices=("0", "1", "2"),
        default="1",
        help_text="1: its charges too; 0: only the customer; 2: its charges stay, and name nobody.",
    )


class CustomersView(V1View):
    """GET and POST /v1/customers."""

    scopes = {"GET": Scope.READ, "POST": Scope.WRITE}

    @listing("listCustomers", "List customers", filters=CustomerFilters, row=CUSTOMER)
    @in_tenant_scope
    def get(self, request: Request) -> Response:
        """Customers, newest first."""
        filters = query_input(CustomerFilters, request)
        asked = window(filters, cap=LARGE_OFFSET_CAP)
        key, rows = caller_key(request), matching_customers(filters)
        return Response(page_of(rows, asked, lambda found: customers_json(found, key)))

    @telling("createCustomer", "Store a customer", body=NewCustomer, row=CUSTOMER)
    @in_tenant_scope
    def post(self, request: Request) -> Response:
        """Store the record of a customer that your own system keeps."""
        told = records.create(request, ObjectKind.CUSTOMER, body_input(NewCustomer, request))
        return Response(_shown(request, told))


class CustomerView(V1View):
    """GET, POST and DELETE /v1/customers/{customer_id}."""

    scopes = {"GET": Scope.READ, "POST": Scope.WRITE, "DELETE": Scope.WRITE}

    @reading("getCustomer", "One customer", asked=known.ConnectionInput, row=CUSTOMER)
    @in_tenant_scope
    def get(self, request: Request, customer_id: str) -> Response:
        """One customer."""
        asked = query_input(known.ConnectionInput, request)
        row = known.by_external_id(complete_customers(), customer_id, asked.get("gateway_id"))
        return Response(customers_json([row], caller_key(request))[0])

    @telling(
        "updateCustomer",
        "Change a stored customer",
        body=CustomerFields,
        row=CUSTOMER,
        may_miss=True,
    )
    @in_tenant_scope
    def post(self, request: Request, customer_id: str) -> Response:
        """Change some fields of a customer that your own system told of."""
        values = body_input(CustomerFields, request)
        row = known.by_external_id(complete_customers(), customer_id, values.get("gateway_id"))
        records.update(request, ObjectKind.CUSTOMER, row, values)
        return Response(_shown(request, row.id))

    @forgetting("deleteCustomer", "Delete a stored customer", asked=DeletionInput)
    @in_tenant_scope
    def delete(self, request: Request, customer_id: str) -> Response:
        """Delete a customer, with its charges, without them, or so that they name nobody."""
        asked = query_input(DeletionInput, request)
        row = known.by_external_id(complete_customers(), customer_id, asked.get("gateway_id"))
        records.delete_customer(request, row, charges=asked["delete_all"])
        return Response(records.deleted("customer", "customer_id", customer_id))


def _shown(request: Request, row_id: UUID) -> dict[str, Any]:
    return customers_json([complete_customers().get(pk=row_id)], caller_key(request))[0]


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
