"""Sums kept in the same transaction as what they sum."""

from django.db import models

from chargedesk.base.fields import CurrencyField, MinorField
from chargedesk.base.models import TenantRow
from chargedesk.ledger.models.mirrored import link


class CustomerTotal(TenantRow):
    """What one gateway customer paid and got back, per currency.

    Kept per gateway customer and not per person, so that merging and separating people touches no
    figure. Each write adds the difference, computed under the money root's lock;
    `rebuild_summaries` recomputes, `verify_ledger` compares.
    """

    gateway_customer = link("ledger.GatewayCustomer", null=False, related_name="totals")
    currency = CurrencyField()
    paid_minor = MinorField(default=0)
    refunded_minor = MinorField(default=0)
    charges = models.IntegerField(default=0)
    failed_charges = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["gateway_customer", "currency", "tenant"], name="customer_total_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.paid_minor} {self.currency}"
