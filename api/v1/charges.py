"""Charges: search and look at one."""

from typing import Any

from django.db.models import Q, QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.pagination import LARGE_OFFSET_CAP, PageInput, page_of, window
from api.parameters import Nested, TimeRange, query_input, time_conditions
from api.schema import listing, reading
from api.v1 import charge_output, known
from api.v1.customer_filter import CustomerFilter, customer_conditions
from api.v1.shapes import CHARGE
from api.v1.view import V1View, caller_key, in_tenant_scope
from chargedesk.ledger.models import Charge

# v1 knows more statuses than a gateway's charge can have; asking for one of them finds nothing.
STATUS_WORDS = (
    "pending",
    "paid",
    "partially refunded",
    "refunded",
    "failed",
    "authorized",
    "void",
    "invoiced",
    "invoice canceled",
    "unpaid",
    "past due",
    "subscription pending",
    "disputed",
    "trial",
    "credit",
    "uncollectible",
    "open",
    "draft",
    "unclaimed",
    "unknown",
)
_BY_WORD: dict[str, list[str]] = {
    word: [status for status, shown in charge_output.STATUSES.items() if shown == word]
    for word in STATUS_WORDS
}


# Who names a gateway or a transaction means its own records.
_ASKS_FOR_EACH = {"gateway_id", "transaction_id"}


class ChargeFilters(PageInput, known.ConnectionInput):
    """What to search charges by."""

    status = serializers.ChoiceField(choices=STATUS_WORDS, required=False)
    query = serializers.CharField(required=False, max_length=200)
    customer = CustomerFilter(required=False)
    last_4_digits = serializers.RegexField(r"^[0-9]{4}$", required=False)
    transaction_id = serializers.CharField(required=False, max_length=255)
    occurred = TimeRange(required=False)


class ChargesView(V1View):
    """GET /v1/charges."""

    @listing("listCharges", "List charges", filters=ChargeFilters, row=CHARGE)
    @in_tenant_scope
    def get(self, request: Request) -> Response:
        """Charges, newest first."""
        filters = query_input(ChargeFilters, request)
        asked = window(filters, cap=LARGE_OFFSET_CAP)
        key = caller_key(request)
        rows = matching_charges(filters)
        return Response(
            page_of(rows, asked, lambda charges: charge_output.charges_json(charges, key))
        )


class ChargeView(V1View):
    """GET /v1/charges/{charge_id}."""

    @reading("getCharge", "One charge", asked=known.ConnectionInput, row=CHARGE)
    @in_tenant_scope
    def get(self, request: Request, charge_id: str) -> Response:
        """One charge, by our id or the gateway's; its money version as ETag, for If-Match."""
        asked = query_input(known.ConnectionInput, request)
        charge = known.by_either_id(complete_charges(), charge_id, asked.get("gateway_id"))
        body = charge_output.charges_json([charge], caller_key(request))[0]
        return Response(body, headers={"ETag": f'"{charge.root.money_version}"'})


def complete_charges() -> QuerySet[Charge]:
    """Charges with all that their rendering needs."""
    return (
        Charge.objects.filter(is_deleted=False)
        .select_related("connection", "root", "gateway_customer")
        .defer(
            "raw",
            "root__raw",
            "root__metadata",
            "gateway_customer__raw",
            "gateway_customer__metadata",
            "gateway_customer__address",
            "connection__credentials",
            "connection__webhook_secrets",
        )
    )


def matching_charges(filters: Nested) -> QuerySet[Charge]:
    """The charges a caller asks for, newest first."""
    conditions: dict[str, Any] = {
        **known.connection_conditions(filters),
        **time_conditions("occurred_at", filters.get("occurred")),
        **customer_conditions(filters.get("customer", {})),
    }
    if "status" in filters:
        conditions["status__in"] = _BY_WORD[filters["status"]]
    if "last_4_digits" in filters:
        conditions["method_last4"] = filters["last_4_digits"]
    if "transaction_id" in filters:
        conditions["external_id"] = filters["transaction_id"]
    if not _ASKS_FOR_EACH & set(filters):
        # The other record of the same purchase is in the list; this one is found by its id.
        conditions["is_shadow"] = False
    rows = complete_charges().filter(**conditions)
    if filters.get("query"):
        rows = rows.filter(_free_text(filters["query"]))
    return rows.order_by("-occurred_at", "id")


def _free_text(query: str) -> Q:
    return (
        Q(external_id=query)
        | Q(method_last4=query)
        | Q(description__icontains=query)
        | Q(gateway_customer__external_id=query)
        | Q(gateway_customer__name__icontains=query)
        | Q(gateway_customer__email__icontains=query)
        | Q(gateway_customer__username=query)
    )
