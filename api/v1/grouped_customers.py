"""Who is this? The person behind an id, an address or a name, with all records and payments."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.parameters import Nested, StrictInput, query_input
from api.schema import reading
from api.v1.charge_output import charges_json
from api.v1.charges import complete_charges
from api.v1.customer_filter import CustomerFilter
from api.v1.customer_output import customers_json
from api.v1.customers import complete_customers
from api.v1.shapes import GROUPED
from api.v1.view import V1View, caller_key, in_tenant_scope
from chargedesk.base.errors import InvalidInputError
from chargedesk.ledger.matching import Grade, Identity, Match, find_customers, search
from chargedesk.ledger.models import GatewayCustomer
from chargedesk.tenants.models import ApiKey

# v1 speaks of a score; ours are grades. An address that is only claimed is no proof.
SCORES = {Grade.EXACT: 100, Grade.VERIFIED_EMAIL: 90, Grade.EMAIL: 80, Grade.GUESS: 40}
MOST_PEOPLE = 10
MOST_CHARGES = 100


class PersonInput(StrictInput):
    """One way to name a person; nested or flat."""

    customer = CustomerFilter(required=False)
    customer_id = serializers.CharField(required=False, max_length=255)
    email = serializers.CharField(required=False, max_length=254)
    username = serializers.CharField(required=False, max_length=120)
    phone = serializers.CharField(required=False, max_length=60)
    name = serializers.CharField(required=False, max_length=200)
    query = serializers.CharField(required=False, max_length=200)


class GroupedCustomersView(V1View):
    """GET /v1/customers/grouped, and its older name /v1/customers/history."""

    @reading("getGroupedCustomers", "Find a person", asked=PersonInput, row=GROUPED, may_miss=False)
    @in_tenant_scope
    def get(self, request: Request) -> Response:
        """The records of the person who matches best, with their newest payments."""
        param, text = _asked(query_input(PersonInput, request))
        people = _best(_matches(param, text))
        customers = _with_history(people, caller_key(request)) if people else []
        return Response({"search": text, "match": _match(param, people), "customers": customers})


class OldGroupedCustomersView(GroupedCustomersView):
    """GET /v1/customers/history, the older name."""

    schema = None


def _asked(values: Nested) -> tuple[str, str]:
    flat = {**values, **values.get("customer", {})}
    for param in ("id", "customer_id", "email", "username", "phone", "name", "query"):
        if param in flat:
            return param, flat[param]
    raise InvalidInputError(
        _("Say who: customer[id], email, username, phone, name or query."), parameter="query"
    )


def _matches(param: str, text: str) -> list[Match]:
    if param in ("id", "customer_id"):
        return find_customers(Identity(external_ids=(text,)))
    if param == "username":
        ids = GatewayCustomer.objects.filter(username=text).values_list("external_id", flat=True)
        return find_customers(Identity(external_ids=tuple(ids[:MOST_PEOPLE])))
    if param == "query":
        return search(text)
    if param == "email":
        return find_customers(Identity(email=text))
    return find_customers(Identity(phone=text) if param == "phone" else Identity(name=text))


def _best(matches: Sequence[Match]) -> list[Match]:
    return [match for match in matches if match.grade == matches[0].grade][:MOST_PEOPLE]


def _match(param: str, people: Sequence[Match]) -> dict[str, Any] | None:
    if not people:
        return None
    best = people[0]
    return {
        "param": param,
        "matches": best.email or best.name,
        "score": SCORES[best.grade],
        "grade": best.grade.value,
        "reason": best.reason,
    }


def _with_history(people: Sequence[Match], key: ApiKey) -> list[dict[str, Any]]:
    person_ids = [match.customer_id for match in people]
    rows = complete_customers().filter(customer_id__in=person_ids)
    records = list(rows.order_by("-occurred_at", "id"))
    history = _newest_charges([record.id for record in records], key)
    return [
        {**shown, "person_id": str(record.customer_id), "history": history[record.id]}
        for record, shown in zip(records, customers_json(records, key), strict=True)
    ]


def _newest_charges(customer_ids: Sequence[UUID], key: ApiKey) -> dict[UUID, list[dict[str, Any]]]:
    rows = complete_charges().filter(gateway_customer_id__in=customer_ids, is_shadow=False)
    charges = list(rows.order_by("-occurred_at", "id")[:MOST_CHARGES])
    found: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for charge, shown in zip(charges, charges_json(charges, key), strict=True):
        if charge.gateway_customer_id:
            found[charge.gateway_customer_id].append(shown)
    return found
