"""Subscriptions: list, look at one; store and change those of one's own system."""

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.auth import Scope
from api.pagination import PageInput, page_of, window
from api.parameters import Nested, TimeRange, body_input, query_input, time_conditions
from api.schema import listing, reading, telling
from api.v1 import known, records, subscription_output
from api.v1.customer_filter import CustomerFilter, customer_conditions
from api.v1.record_input import NewSubscription, SubscriptionFields
from api.v1.shapes import SUBSCRIPTION
from api.v1.view import V1View, caller_key, in_tenant_scope
from api.v1.words import SUBSCRIPTION_STATUSES
from chargedesk.ledger.models import Subscription
from chargedesk.ledger.words import PENDING_CANCEL, RUNNING, SUBSCRIPTION_WORDS
from gateways.snapshots import ObjectKind


class SubscriptionFilters(PageInput, known.ConnectionInput):
    """What to search subscriptions by."""

    status = serializers.ChoiceField(choices=SUBSCRIPTION_STATUSES, required=False)
    customer = CustomerFilter(required=False)
    created = TimeRange(required=False)


class SubscriptionsView(V1View):
    """GET and POST /v1/subscriptions."""

    scopes = {"GET": Scope.READ, "POST": Scope.WRITE}

    @listing(
        "listSubscriptions", "List subscriptions", filters=SubscriptionFilters, row=SUBSCRIPTION
    )
    @in_tenant_scope
    def get(self, request: Request) -> Response:
        """Subscriptions, newest first."""
        filters = query_input(SubscriptionFilters, request)
        rows = matching_subscriptions(filters)
        key = caller_key(request)
        return Response(
            page_of(
                rows,
                window(filters),
                lambda found: subscription_output.subscriptions_json(found, key),
            )
        )

    @telling("createSubscription", "Store a subscription", body=NewSubscription, row=SUBSCRIPTION)
    @in_tenant_scope
    def post(self, request: Request) -> Response:
        """Store the record of a subscription that your own system keeps."""
        told = records.create(
            request, ObjectKind.SUBSCRIPTION, body_input(NewSubscription, request)
        )
        return Response(_shown(request, told))


class SubscriptionView(V1View):
    """GET and POST /v1/subscriptions/{subscription_id}."""

    scopes = {"GET": Scope.READ, "POST": Scope.WRITE}

    @reading("getSubscription", "One subscription", asked=known.ConnectionInput, row=SUBSCRIPTION)
    @in_tenant_scope
    def get(self, request: Request, subscription_id: str) -> Response:
        """One subscription."""
        asked = query_input(known.ConnectionInput, request)
        row = known.by_external_id(
            complete_subscriptions(), subscription_id, asked.get("gateway_id")
        )
        return Response(subscription_output.subscriptions_json([row], caller_key(request))[0])

    @telling(
        "updateSubscription",
        "Change a stored subscription",
        body=SubscriptionFields,
        row=SUBSCRIPTION,
        may_miss=True,
    )
    @in_tenant_scope
    def post(self, request: Request, subscription_id: str) -> Response:
        """Change some fields of a subscription that your own system told of."""
        values = body_input(SubscriptionFields, request)
        row = known.by_external_id(
            complete_subscriptions(), subscription_id, values.get("gateway_id")
        )
        records.update(request, ObjectKind.SUBSCRIPTION, row, values)
        return Response(_shown(request, row.id))


def _shown(request: Request, row_id: UUID) -> dict[str, Any]:
    rows = [complete_subscriptions().get(pk=row_id)]
    return subscription_output.subscriptions_json(rows, caller_key(request))[0]


def complete_subscriptions() -> QuerySet[Subscription]:
    """Subscriptions with all that their rendering needs."""
    return (
        Subscription.objects.filter(is_deleted=False)
        .select_related("connection", "product", "gateway_customer")
        .defer(
            "raw",
            "product__raw",
            "gateway_customer__raw",
            "connection__credentials",
            "connection__webhook_secrets",
        )
    )


def matching_subscriptions(filters: Nested) -> QuerySet[Subscription]:
    """The subscriptions a caller asks for, newest first."""
    conditions: dict[str, Any] = {
        **known.connection_conditions(filters),
        **time_conditions("occurred_at", filters.get("created")),
        **customer_conditions(filters.get("customer", {})),
    }
    rows = complete_subscriptions().filter(**conditions)
    if "status" in filters:
        rows = rows.filter(_shown_as(filters["status"]))
    return rows.order_by("-occurred_at", "id")


def _shown_as(word: str) -> Q:
    ends = Q(cancels_at_period_end=True) | Q(cancel_at__isnull=False)
    running = _stored_as(*RUNNING)
    if word == PENDING_CANCEL:
        return running & ends
    return _stored_as(word) & ~(running & ends)


def _stored_as(*wanted: str) -> Q:
    statuses = SUBSCRIPTION_WORDS
    return Q(status__in=[status for status, shown in statuses.items() if shown in wanted])
