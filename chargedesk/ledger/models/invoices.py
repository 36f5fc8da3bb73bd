"""Invoices the gateways issued, and what paid them."""

from django.db import models

from chargedesk.base.fields import CurrencyField, MinorField
from chargedesk.ledger.models.mirrored import (
    Mirrored,
    by_external_id,
    link,
    of_unfinished,
)
from gateways.snapshots import ObjectKind


class GatewayInvoice(Mirrored):
    """A mirrored gateway invoice. `lines`: list of {description, amount_minor, quantity}."""

    gateway_customer = link("ledger.GatewayCustomer")
    subscription = link("ledger.Subscription")
    number = models.CharField(max_length=80, blank=True)
    status = models.CharField(max_length=16)
    total_minor = MinorField()
    tax_minor = MinorField(default=0)
    due_minor = MinorField(default=0)
    paid_minor = MinorField(default=0)
    currency = CurrencyField()
    due_at = models.DateTimeField(null=True)
    period_start = models.DateTimeField(null=True)
    period_end = models.DateTimeField(null=True)
    billing_reason = models.CharField(max_length=60, blank=True)
    hosted_url = models.TextField(blank=True)
    pdf_url = models.TextField(blank=True)
    lines = models.JSONField(default=list)

    class Meta:
        indexes = [
            by_external_id("gateway_invoice_external"),
            of_unfinished(ObjectKind.INVOICE, name="gateway_invoice_unfinished"),
            models.Index(
                fields=["gateway_customer", "-occurred_at"],
                name="gateway_invoice_of",
            ),
            models.Index(fields=["number", "tenant"], name="gateway_invoice_number"),
            models.Index(
                fields=["gateway_customer"],
                name="gateway_invoice_owed",
                condition=models.Q(status__in=["open", "partially_paid", "uncollectible"]),
            ),
        ]

    def __str__(self) -> str:
        return self.number or self.external_id


class InvoicePayment(Mirrored):
    """What paid an invoice: a money root."""

    invoice = link("ledger.GatewayInvoice", null=False, related_name="payments")
    root = link("ledger.MoneyRoot")
    status = models.CharField(max_length=20)
    amount_minor = MinorField()
    currency = CurrencyField()

    class Meta:
        indexes = [
            by_external_id("invoice_payment_external"),
            models.Index(fields=["invoice"], name="invoice_payment_invoice"),
            models.Index(fields=["root"], name="invoice_payment_root"),
        ]

    def __str__(self) -> str:
        return self.external_id
