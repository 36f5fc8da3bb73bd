"""What acts on a gateway's own invoice: an addition to v1."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from api.parameters import body_input
from api.schema import ordering
from api.v1 import formats, known, methods
from api.v1.gateway_methods import MoneyView, ordered, wish_of
from api.v1.order_input import VoidInput
from api.v1.shapes import INVOICE_ANSWER
from api.v1.view import caller_key
from chargedesk.actions.models import ActionIntent
from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.kit.money import Money
from chargedesk.ledger.models import GatewayInvoice
from chargedesk.tenants.models import ApiKey
from gateways.capabilities import ActionKind
from gateways.snapshots import ObjectKind


class InvoiceMethodView(MoneyView):
    """A POST that orders one action on one invoice of the gateway."""

    action: ClassVar[ActionKind]

    def order(self, request: Request, invoice_id: str) -> Response:
        """Read the body, order, answer with the invoice as it then is."""
        values, key = body_input(VoidInput, request), caller_key(request)
        with scoping.tenant(key.tenant_id):
            found = known.by_either_id(complete_invoices(), invoice_id, values.get("gateway_id"))
        wish = wish_of(request, self.action, found.id, values)

        def shown(_intent: ActionIntent) -> dict[str, Any]:
            return {"invoice": invoice_json(complete_invoices().get(id=found.id), key)}

        return ordered(wish, shown)


class SendInvoiceView(InvoiceMethodView):
    """POST /v1/gateway/invoices/{invoice_id}/send."""

    action = ActionKind.SEND_INVOICE

    @ordering("sendInvoice", "Mail an open invoice again", body=VoidInput, answer=INVOICE_ANSWER)
    def post(self, request: Request, invoice_id: str) -> Response:
        """An addition to v1. The gateway mails it, by its own template."""
        return self.order(request, invoice_id)


class VoidInvoiceView(InvoiceMethodView):
    """POST /v1/gateway/invoices/{invoice_id}/void."""

    action = ActionKind.VOID_INVOICE

    @ordering("voidInvoice", "Void an open invoice", body=VoidInput, answer=INVOICE_ANSWER)
    def post(self, request: Request, invoice_id: str) -> Response:
        """An addition to v1. Nobody owes it any more; it cannot be undone."""
        return self.order(request, invoice_id)


def complete_invoices() -> QuerySet[GatewayInvoice]:
    """Invoices with all that their rendering needs."""
    return (
        GatewayInvoice.objects.filter(is_deleted=False)
        .select_related("connection", "gateway_customer", "subscription")
        .defer(
            "raw",
            "gateway_customer__raw",
            "subscription__raw",
            "connection__credentials",
            "connection__webhook_secrets",
        )
    )


def invoice_json(row: GatewayInvoice, key: ApiKey) -> dict[str, Any]:
    """A gateway's invoice; from a row of `complete_invoices`."""
    customer, subscription = row.gateway_customer, row.subscription
    return {
        "object": "invoice",
        "invoice_id": row.external_id,
        "company": str(row.tenant_id),
        "gateway_id": str(row.connection_id),
        "customer_id": customer.external_id if customer else None,
        "subscription_id": subscription.external_id if subscription else None,
        "number": formats.text(row.number),
        "status": row.status,
        "amount": Money.of(row.total_minor, row.currency).plain,
        "amount_due": Money.of(row.due_minor, row.currency).plain,
        "currency": row.currency,
        "occurred": formats.unix_text(row.occurred_at),
        "invoice_url": formats.text(row.hosted_url),
        "invoice_download_url": formats.text(row.pdf_url),
        "gateway_url": methods.gateway_url(row, ObjectKind.INVOICE),
        **methods.invoice_methods(row, key, clock.now()),
    }
