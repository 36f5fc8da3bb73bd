"""What a charge paid for: its invoice, and the subscription behind it."""

from chargedesk.ledger.models import Charge, GatewayInvoice, Subscription


def invoice_of(charge: Charge) -> GatewayInvoice | None:
    """The invoice it names, or the one a payment is known to tie to its root.

    Since 2025-03-31 Stripe's charges name none; the invoice's payments do.
    """
    if charge.invoice_external_id:
        named = GatewayInvoice.objects.filter(
            connection_id=charge.connection_id, external_id=charge.invoice_external_id
        )
        return named.first()
    return GatewayInvoice.objects.filter(payments__root_id=charge.root_id).first()


def subscription_of(charge: Charge) -> Subscription | None:
    """The subscription it names, or its invoice does."""
    if charge.subscription_external_id:
        named = Subscription.objects.filter(
            connection_id=charge.connection_id, external_id=charge.subscription_external_id
        )
        return named.first()
    invoice = invoice_of(charge)
    if invoice is None or invoice.subscription_id is None:
        return None
    return Subscription.objects.filter(pk=invoice.subscription_id).first()
