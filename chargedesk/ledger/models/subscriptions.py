"""Recurring agreements."""

from django.db import models

from chargedesk.base.fields import CurrencyField, MinorField
from chargedesk.ledger.models.mirrored import (
    Mirrored,
    by_external_id,
    link,
    of_live,
    of_unfinished,
)
from gateways.snapshots import ObjectKind


class Subscription(Mirrored):
    """A recurring agreement.

    `items`: list of {external_id, price_id, product_id, name, amount_minor, currency, interval,
    interval_count, quantity}; `amount_minor`: all items for one period, null if it cannot be told.
    `pause`: `collection` (it runs, nothing is collected), `whole` (it stands still) or empty;
    `discounts`: list of {external_id, coupon_id}.
    """

    gateway_customer = link("ledger.GatewayCustomer")
    product = link("ledger.Product")
    status = models.CharField(max_length=12)
    items = models.JSONField(default=list)
    amount_minor = MinorField(null=True)
    currency = CurrencyField()
    interval = models.CharField(max_length=5)
    interval_count = models.PositiveIntegerField(default=1)
    started_at = models.DateTimeField(null=True)
    period_start = models.DateTimeField(null=True)
    period_end = models.DateTimeField(null=True)
    trial_start = models.DateTimeField(null=True)
    trial_end = models.DateTimeField(null=True)
    cancel_at = models.DateTimeField(null=True)
    cancels_at_period_end = models.BooleanField(default=False)
    canceled_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    latest_invoice_id = models.CharField(max_length=255, blank=True)
    coupon_ids = models.JSONField(default=list)
    pause = models.CharField(max_length=12, blank=True)
    discounts = models.JSONField(default=list)
    metadata = models.JSONField(default=dict)

    class Meta:
        indexes = [
            by_external_id("subscription_external"),
            of_unfinished(ObjectKind.SUBSCRIPTION, name="subscription_unfinished"),
            models.Index(fields=["gateway_customer", "-occurred_at"], name="subscription_of"),
            of_live("-occurred_at", "id", name="subscription_newest"),
        ]

    def __str__(self) -> str:
        return self.external_id
