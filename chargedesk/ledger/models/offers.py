"""What is sold, for how much, with which discount."""

from django.db import models

from chargedesk.base.fields import CurrencyField, MinorField
from chargedesk.ledger.models.mirrored import (
    Mirrored,
    by_external_id,
    link,
    of_live,
)


class Product(Mirrored):
    """What is sold."""

    name = models.CharField(max_length=300)
    description = models.TextField(blank=True)
    url = models.TextField(blank=True)
    is_active = models.BooleanField(default=True)
    metadata = models.JSONField(default=dict)

    class Meta:
        indexes = [
            by_external_id("product_external"),
            of_live("-occurred_at", "id", name="product_newest"),
        ]

    def __str__(self) -> str:
        return self.name


class Price(Mirrored):
    """What a product costs; `amount_minor` is null where it is tiered or free to choose."""

    product = link("ledger.Product")
    name = models.CharField(max_length=300, blank=True)
    amount_minor = MinorField(null=True)
    currency = CurrencyField()
    interval = models.CharField(max_length=5)
    interval_count = models.PositiveIntegerField(default=1)
    trial_days = models.PositiveIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        indexes = [
            by_external_id("price_external"),
            models.Index(fields=["product"], name="price_product"),
        ]

    def __str__(self) -> str:
        return self.external_id


class Coupon(Mirrored):
    """A discount: `percent_off` (decimal text) or `amount_off_minor`."""

    name = models.CharField(max_length=200, blank=True)
    percent_off = models.CharField(max_length=12, blank=True)
    amount_off_minor = MinorField(null=True)
    currency = CurrencyField(blank=True)
    duration = models.CharField(max_length=20, blank=True)
    duration_months = models.PositiveIntegerField(null=True)
    is_valid = models.BooleanField(default=True)

    class Meta:
        indexes = [by_external_id("coupon_external")]

    def __str__(self) -> str:
        return self.name or self.external_id
