"""Charges: search, look at one; store, change and delete those of one's own system."""

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.auth import Scope
from api.pagination import LARGE_OFFSET_CAP, PageInput, page_of, window
from api.parameters import Nested, TimeRange, body_input, query_input, time_conditions
from api.schema import forgetting, listing, reading, telling
from api.v1 import charge_output, known, records
from api.v1.customer_filter import CustomerFilter, customer_conditions
from api.v1.record_input import ChargeFields, NewCharge
from api.v1.shapes import CHARGE
from api.v1.view import V1View, caller_key, in_tenant_scope
from api.v1.words import CHARGE_STATUSES
from chargedesk.base.errors import InvalidInputError
from chargedesk.ledger.models import Charge
from chargedesk.ledger.models.money import with_true_status
from chargedesk.ledger.words import CHARGE_WORDS
from gateways.snapshots import ObjectKind

_BY_WORD: dict[str, list[str]] = {
    word: [status for status, shown in CHARGE_WORDS.items() if shown == word]
    for word in CHARGE_STATUSES
}


# Who names a gateway or a transaction means its own records.
_ASKS_FOR_EACH = {"gateway_id", "transaction_id"}


class ChargeFilters(PageInput, known.ConnectionInput):
    """What to search charges by."""

    status = serializers.ChoiceField(choices=CHARGE_STATUSES, required=False)
    query = serializers.CharField(required=False, max_length=200)
    customer = CustomerFilter(required=False)
    last_4_digits = serializers.RegexField(r"^[0-9]{4}$", required=False)
    transaction_id = serializers.CharField(required=False, max_length=255)
    occurred = TimeRange(required=False)


class ChargesView(V1View):
    """GET and POST /v1/charges."""

    scopes = {"GET": Scope.READ, "POST": Scope.WRITE}

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

    @telling("createCharge", "Store a charge", body=NewCharge, row=CHARGE)
    @in_tenant_scope
    def post(self, request: Request) -> Response:
        """Store the record of a charge that your own system took; it takes no payment."""
        values = body_input(NewCharge, request)
        if not _names_customer(values):
            raise InvalidInputError(_("Say whose charge it is."), parameter="customer[id]")
        told = records.create(request, ObjectKind.CHARGE, values)
        return Response(_shown(request, told))


class ChargeView(V1View):
    """GET, POST and DELETE /v1/charges/{charge_id}."""

    scopes = {"GET": Scope.READ, "POST": Scope.WRITE, "DELETE": Scope.WRITE}

    @reading("getCharge", "One charge", asked=known.ConnectionInput, row=CHARGE)
    @in_tenant_scope
    def get(self, request: Request, charge_id: str) -> Response:
        """One charge, by our id or the gateway's; its money version as ETag, for If-Match."""
        asked = query_input(known.ConnectionInput, request)
        charge = known.by_either_id(complete_charges(), charge_id, asked.get("gateway_id"))
        body = charge_output.charges_json([charge], caller_key(request))[0]
        return Response(body, headers={"ETag": f'"{charge.root.money_version}"'})

    @telling("updateCharge", "Change a stored charge", body=ChargeFields, row=CHARGE, may_miss=True)
    @in_tenant_scope
    def post(self, request: Request, charge_id: str) -> Response:
        """Change some fields of a charge that your own system told of."""
        values = body_input(ChargeFields, request)
        charge = known.by_either_id(complete_charges(), charge_id, values.get("gateway_id"))
        records.update(request, ObjectKind.CHARGE, charge, values)
        return Response(_shown(request, charge.id))

    @forgetting("deleteCharge", "Delete a stored charge", asked=known.ConnectionInput)
    @in_tenant_scope
    def delete(self, request: Request, charge_id: str) -> Response:
        """Delete the record of a charge; nothing is paid back."""
        asked = query_input(known.ConnectionInput, request)
        charge = known.by_either_id(complete_charges(), charge_id, asked.get("gateway_id"))
        records.delete(request, ObjectKind.CHARGE, charge)
        return Response(records.deleted("charge", "charge_id", str(charge.id)))


def _names_customer(values: Nested) -> bool:
    return bool(values.get("customer_id") or values.get("customer", {}).get("id"))


def _shown(request: Request, charge_id: UUID) -> dict[str, Any]:
    charge = complete_charges().get(pk=charge_id)
    return charge_output.charges_json([charge], caller_key(request))[0]


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
    if "last_4_digits" in filters:
        conditions["method_last4"] = filters["last_4_digits"]
    if "transaction_id" in filters:
        conditions["external_id"] = filters["transaction_id"]
    if not _ASKS_FOR_EACH & set(filters):
        # The other record of the same purchase is in the list; this one is found by its id.
        conditions["is_shadow"] = False
    rows = complete_charges().filter(**conditions)
    if "status" in filters:
        rows = rows.filter(with_true_status(_BY_WORD[filters["status"]]))
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
