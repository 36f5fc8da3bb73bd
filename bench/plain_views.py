"""The views the product is measured against: the floors, and what one writes without thought."""

import hashlib
import hmac
from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from chargedesk.base import scoping
from chargedesk.kit import ids
from chargedesk.ledger.models import (
    Charge,
    Customer,
    CustomerMerge,
    CustomerTotal,
    Dispute,
    FraudWarning,
    GatewayCustomer,
    GatewayInvoice,
    Identifier,
    InvoicePayment,
    MoneyRoot,
    PaymentMethod,
    Product,
    Refund,
    Subscription,
)
from chargedesk.ledger.selectors.card import NEWEST_CHARGES
from chargedesk.sidebar.views.base import PanelView

# The floor's own, known to this program only.
SECRET = "whsec_bench"  # noqa: S105
EVENTS_TABLE = "bench_event"
_OWED = ("open", "partially_paid", "uncollectible")
_MOST_SUBSCRIPTIONS, _MOST_INVOICES = 20, 20


class OkView(PanelView):
    """The floor of every panel view: authenticated, behind the same middleware."""

    def get(self, _request: Request) -> HttpResponse:
        """Answer `ok`."""
        return HttpResponse("ok")


def _serializer(rows_of: type[Model]) -> type[serializers.ModelSerializer[Any]]:
    """All columns but the stored payload."""
    unshown = [name for name in ("raw", "tenant") if hasattr(rows_of, name)]
    meta = type("Meta", (), {"model": rows_of, "exclude": unshown})
    return type(f"{rows_of.__name__}Serializer", (serializers.ModelSerializer,), {"Meta": meta})


_SERIALIZERS: dict[type[Model], type[serializers.ModelSerializer[Any]]] = {
    model: _serializer(model)
    for model in (
        *(Charge, Customer, CustomerMerge, CustomerTotal, Dispute, FraudWarning, GatewayCustomer),
        *(GatewayInvoice, Identifier, MoneyRoot, PaymentMethod, Product, Refund, Subscription),
    )
}


class CustomerView(PanelView):
    """The rows of the card as JSON: a statement per table, one plain ModelSerializer each."""

    def get(self, _request: Request) -> Response:
        """Answer all about the ticket's customer."""
        with scoping.tenant(self.session.tenant_id):
            found = _rows_about(self.session.bearer.email)
            return Response({name: _plain(rows) for name, rows in found.items()})


def _plain(rows: Iterable[Model]) -> Any:
    rows = list(rows)
    return _SERIALIZERS[type(rows[0])](rows, many=True).data if rows else []


def _rows_about(email: str) -> dict[str, Iterable[Model]]:
    known = Identifier.objects.select_related("customer").get(kind="email", value=email)
    records = list(GatewayCustomer.objects.defer("raw").filter(customer=known.customer))
    theirs = {"gateway_customer__in": records}
    charges = list(
        Charge.objects.select_related("root")
        .defer("raw", "root__raw")
        .filter(**theirs)
        .order_by("-occurred_at")[:NEWEST_CHARGES]
    )
    roots = [charge.root for charge in charges]
    paid = InvoicePayment.objects.filter(root__in=roots).values("invoice_id")
    invoices = GatewayInvoice.objects.defer("raw")
    subscriptions = list(
        Subscription.objects.select_related("product")
        .defer("raw", "product__raw")
        .filter(**theirs)
        .order_by("-occurred_at")[:_MOST_SUBSCRIPTIONS]
    )
    return {
        "customers": [known.customer],
        "merges": CustomerMerge.objects.filter(winner=known.customer, undone_at=None),
        "alike": _others(known, email),
        "gateway_customers": records,
        "identifiers": Identifier.objects.filter(**theirs),
        "payment_methods": PaymentMethod.objects.defer("raw").filter(**theirs),
        "totals": CustomerTotal.objects.filter(**theirs),
        "charges": charges,
        "roots": roots,
        "refunds": Refund.objects.defer("raw").filter(root__in=roots),
        "disputes": Dispute.objects.defer("raw").filter(root__in=roots),
        "fraud_warnings": FraudWarning.objects.defer("raw").filter(charge__in=charges),
        "paid_invoices": invoices.filter(id__in=paid),
        "subscriptions": subscriptions,
        "products": {each.product_id: each.product for each in subscriptions}.values(),
        "open_invoices": invoices.filter(**theirs, status__in=_OWED)[:_MOST_INVOICES],
    }


def _others(known: Identifier, email: str) -> Iterable[Model]:
    """Whoever else has this address."""
    theirs = Identifier.objects.filter(kind="email", value=email).values("customer_id")
    return Customer.objects.filter(id__in=theirs).exclude(pk=known.customer_id)


@csrf_exempt
def receive_event(request: HttpRequest) -> HttpResponse:
    """The floor of accepting a webhook: verify, insert one row, answer."""
    made_at, _, signature = request.headers["Stripe-Signature"].partition(",v1=")
    signed = made_at.removeprefix("t=").encode() + b"." + request.body
    expected = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, signature):
        return HttpResponse(status=400)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {EVENTS_TABLE} (id, body, received_at) VALUES (%s, %s, now())",
            [ids.new_id(), request.body],
        )
    return HttpResponse(status=202)
