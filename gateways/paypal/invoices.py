"""What an invoice proves about an order to send or void it: its status, for nothing can mark it."""

from collections.abc import Mapping

from gateways.capabilities import ActionKind
from gateways.contract import Credentials, Finding, Order, Outcome
from gateways.paypal.client import get
from gateways.paypal.mapping import Seen, billing, refusing_misshapen
from gateways.paypal.mapping.values import Obj
from gateways.paypal.reading import named
from gateways.snapshots import InvoiceSnapshot

INVOICES = "/v2/invoicing/invoices"
# Where an invoice stands once an order about it was carried out (M6). One that is paid was sent.
WANTED: Mapping[ActionKind, frozenset[str]] = {
    ActionKind.SEND_INVOICE: frozenset(
        {
            "SENT",
            "SCHEDULED",
            "UNPAID",
            "PAYMENT_PENDING",
            "PARTIALLY_PAID",
            "PAID",
            "MARKED_AS_PAID",
        }
    ),
    ActionKind.VOID_INVOICE: frozenset({"CANCELLED"}),
}
_BEFORE: Mapping[ActionKind, frozenset[str]] = {
    ActionKind.SEND_INVOICE: frozenset({"DRAFT"}),
    ActionKind.VOID_INVOICE: frozenset({"SENT", "UNPAID", "PAYMENT_PENDING", "SCHEDULED"}),
}


def fetch_invoice(
    credentials: Credentials, invoice_id: str, *, deadline: float | None = None
) -> tuple[Obj, InvoiceSnapshot]:
    """An invoice by its id."""
    answer = get(credentials, f"{INVOICES}/{named(invoice_id)}", deadline=deadline)
    obj = answer.object()
    return obj, billing.invoice(obj, Seen(as_of=answer.as_of, raw=answer.body))


def of_invoice(order: Order, obj: Obj, snapshot: InvoiceSnapshot) -> Outcome | None:
    """The outcome that an invoice shows; None if it does not stand where the order wants it."""
    if obj["status"] not in WANTED[order.action] or obj["id"] != order.target_id:
        return None
    return Outcome(state="succeeded", object_id=snapshot.external_id, snapshots=(snapshot,))


@refusing_misshapen
def look_at_invoice(credentials: Credentials, order: Order) -> Finding:
    """Read it: its status shows every write at once."""
    obj, snapshot = fetch_invoice(credentials, order.target_id)
    outcome = of_invoice(order, obj, snapshot)
    is_other = outcome is None and obj["status"] not in _BEFORE[order.action]
    seen = f"{obj['id']} {obj['status']}" if is_other else ""
    return Finding(outcome=outcome, seen=seen, snapshots=(snapshot,))
