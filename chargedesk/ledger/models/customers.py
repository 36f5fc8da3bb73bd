"""People as the tenant knows them, the gateways' records of them, what identifies them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from chargedesk.base.fields import CurrencyField
from chargedesk.base.models import TenantOwned, TenantRow
from chargedesk.ledger.models.mirrored import (
    Mirrored,
    by_external_id,
    link,
    of_live,
)


class Customer(TenantRow):
    """One person or company as the tenant knows it; groups gateway customers.

    `merged_into` is set while this one is merged into another; undoing the merge clears it.
    """

    name = models.CharField(max_length=200, blank=True)
    email = models.CharField(max_length=254, blank=True)
    merged_into = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["email", "tenant"], name="customer_email"),
            models.Index(
                fields=["merged_into"],
                name="customer_merged",
                condition=models.Q(merged_into__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email or str(self.id)


class GatewayCustomer(Mirrored):
    """The record a gateway keeps of a customer, known by (connection, external id).

    `is_stub` until the gateway's own record has been read: so far only an id, or a guest's e-mail,
    is known. `tax_ids`: list of {external_id, type, value, status}, null until they were read.
    `home` is the person it was born to or put to by hand; `customer` is who that person
    is now: `home`, followed through every `merged_into`. Merging and undoing touch `customer` only.
    """

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="gateway_customers", db_index=False
    )
    home = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    is_stub = models.BooleanField(default=False)
    name = models.CharField(max_length=200, blank=True)
    email = models.CharField(max_length=254, blank=True)
    phone = models.CharField(max_length=60, blank=True)
    username = models.CharField(max_length=120, blank=True)
    country = models.CharField(max_length=2, blank=True)
    language = models.CharField(max_length=20, blank=True)
    currency = CurrencyField(blank=True)
    description = models.TextField(blank=True)
    is_delinquent = models.BooleanField(default=False)
    default_payment_method = models.CharField(max_length=255, blank=True)
    address = models.JSONField(default=dict)
    tax_ids = models.JSONField(null=True)
    metadata = models.JSONField(default=dict)

    class Meta:
        indexes = [
            by_external_id("gateway_customer_external"),
            models.Index(fields=["customer"], name="gateway_customer_of"),
            models.Index(fields=["home"], name="gateway_customer_home"),
            of_live("-occurred_at", "id", name="gateway_customer_newest"),
        ]

    def __str__(self) -> str:
        return self.external_id


class IdentifierKind(models.TextChoices):
    """What an identifier is."""

    EMAIL = "email", _("e-mail")
    PHONE = "phone", _("phone")
    USERNAME = "username", _("user name")
    EXTERNAL_ID = "external_id", _("external id")
    NAME = "name", _("name")
    HELPDESK_ID = "helpdesk_id", _("helpdesk id")


class IdentifierSource(models.TextChoices):
    """Where an identifier came from."""

    GATEWAY = "gateway", _("gateway")
    AGENT = "agent", _("agent")
    HELPDESK = "helpdesk", _("helpdesk")


class Identifier(TenantRow):
    """Something by which a customer is found.

    `value` is normalised (lower case, phone as digits) and sorted by its bytes, so that its
    beginning is found by index. One that came with a gateway customer belongs to whom that record
    belongs; any other to `customer`, or to whom that one was merged into, and it never moves.
    """

    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="identifiers", db_index=False
    )
    gateway_customer = link("ledger.GatewayCustomer")
    kind = models.CharField(max_length=12, choices=IdentifierKind.choices)
    value = models.CharField(max_length=255, db_collation="C")
    source = models.CharField(max_length=10, choices=IdentifierSource.choices)
    is_verified = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(
                fields=["tenant", "kind", "value"],
                name="identifier_value",
                condition=models.Q(value__gt=""),
            ),
            models.Index(fields=["customer"], name="identifier_customer"),
            models.Index(fields=["gateway_customer"], name="identifier_origin"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"


class CustomerMerge(TenantOwned):
    """Two customers made one, until undone: as long as `loser` points to `winner`."""

    winner = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    loser = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200, blank=True)
    merged_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.loser_id} into {self.winner_id}"


class PaymentMethod(Mirrored):
    """A card or account on file."""

    gateway_customer = link("ledger.GatewayCustomer")
    kind = models.CharField(max_length=40)
    brand = models.CharField(max_length=40, blank=True)
    last4 = models.CharField(max_length=4, blank=True)
    expires = models.CharField(max_length=7, blank=True)

    class Meta:
        indexes = [
            by_external_id("payment_method_external"),
            models.Index(fields=["gateway_customer"], name="payment_method_of"),
        ]

    def __str__(self) -> str:
        return f"{self.brand} {self.last4}"
