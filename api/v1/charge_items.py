"""The line items of a charge: those of the invoice it paid, else the charge itself."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from api.parameters import query_input
from api.schema import reading
from api.v1 import formats, known
from api.v1.charges import complete_charges
from api.v1.shapes import LINE_ITEMS
from api.v1.view import V1View, in_tenant_scope
from chargedesk.kit.money import Money
from chargedesk.ledger.models import Charge, GatewayInvoice
from chargedesk.ledger.selectors import invoice_of


class ChargeItemsView(V1View):
    """GET /v1/charges/{charge_id}/items."""

    @reading("getChargeItems", "Items of a charge", asked=known.ConnectionInput, row=LINE_ITEMS)
    @in_tenant_scope
    def get(self, request: Request, charge_id: str) -> Response:
        """Line items and taxes."""
        asked = query_input(known.ConnectionInput, request)
        charge = known.by_either_id(complete_charges(), charge_id, asked.get("gateway_id"))
        invoice = invoice_of(charge)
        items = _invoice_items(invoice) if invoice else [_whole(charge)]
        return Response(
            {"success": True, "data": {"items": items, "taxes": _taxes(invoice) if invoice else []}}
        )


def _invoice_items(invoice: GatewayInvoice) -> list[dict[str, Any]]:
    return [
        _item(
            place,
            str(line.get("description") or ""),
            Money.of(int(line.get("amount_minor") or 0), invoice.currency),
            line.get("quantity") or 1,
        )
        for place, line in enumerate(invoice.lines)
    ]


def _whole(charge: Charge) -> dict[str, Any]:
    return _item(0, charge.description, charge.amount, 1)


def _item(place: int, description: str, money: Money, quantity: object) -> dict[str, Any]:
    return {
        "ord": str(place),
        "description": description,
        "amount": money.plain,
        "currency": money.currency.code,
        "quantity": str(quantity),
        "percent": None,
        "amount_formatted": formats.formatted(money),
    }


def _taxes(invoice: GatewayInvoice) -> list[dict[str, Any]]:
    tax = Money.of(invoice.tax_minor, invoice.currency)
    if not tax:
        return []
    return [{"amount": tax.plain, "currency": invoice.currency, "amount_formatted": str(tax)}]
