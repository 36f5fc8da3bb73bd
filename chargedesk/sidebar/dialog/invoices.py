"""The dialogs about an open invoice: send it again, or void it."""

from django.utils.translation import gettext as _

from chargedesk.kit.money import Money
from chargedesk.ledger.models import GatewayCustomer, GatewayInvoice
from chargedesk.sidebar import words
from chargedesk.sidebar.dialog.shape import Draft, Facts, Form, Told
from gateways.capabilities import ActionKind


def _send(draft: Draft) -> Told:
    owner_id = _invoice(draft).gateway_customer_id
    owner = GatewayCustomer.objects.filter(pk=owner_id).first() if owner_id else None
    address = owner.email if owner else ""
    values = {"number": _number(draft), "amount": _due(draft), "email": address}
    sentence = (
        _("The gateway mails invoice %(number)s over %(amount)s to %(email)s.")
        if address
        else _("The gateway mails invoice %(number)s over %(amount)s to the customer.")
    )
    return Told(
        sentences=(sentence % values, _("Nothing is charged by this.")),
        button=_("Send invoice over %(amount)s") % values,
    )


def _void(draft: Draft) -> Told:
    values = {"number": _number(draft), "amount": _due(draft)}
    return Told(
        sentences=(
            _("Invoice %(number)s is voided: %(amount)s is no longer owed.") % values,
            _("This cannot be taken back. The customer may see it as void."),
        ),
        button=_("Void invoice over %(amount)s") % values,
    )


def _facts(draft: Draft) -> Facts:
    invoice = _invoice(draft)
    facts = [
        (_("Invoice"), _number(draft)),
        (_("Status"), words.invoice_status(invoice.status, is_overdue=False).text),
        (_("Due"), _due(draft)),
    ]
    if invoice.due_at:
        facts.append((_("Due on"), draft.day(invoice.due_at)))
    return facts


def _number(draft: Draft) -> str:
    invoice = _invoice(draft)
    return str(invoice.number or invoice.external_id)


def _due(draft: Draft) -> str:
    invoice = _invoice(draft)
    return draft.money(Money.of(invoice.due_minor, invoice.currency))


def _invoice(draft: Draft) -> GatewayInvoice:
    invoice = draft.subject.thing
    assert isinstance(invoice, GatewayInvoice)  # noqa: S101  these actions are about invoices
    return invoice


FORMS = {
    ActionKind.SEND_INVOICE: Form(
        title=lambda: _("Send an invoice again"), told=_send, facts=_facts, needs_reason=False
    ),
    ActionKind.VOID_INVOICE: Form(
        title=lambda: _("Void an invoice"), told=_void, facts=_facts, is_dangerous=True
    ),
}
