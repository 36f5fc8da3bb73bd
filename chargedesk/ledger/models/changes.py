"""The change feed: what was created or changed, in the order of the commits."""

from django.db import models

from chargedesk.base.fields import TransactionIdField


class ObjectName(models.TextChoices):
    """The objects the feed speaks of."""

    CUSTOMER = "customer"
    GATEWAY_CUSTOMER = "gateway_customer"
    PAYMENT_METHOD = "payment_method"
    MONEY_ROOT = "money_root"
    CHARGE = "charge"
    REFUND = "refund"
    DISPUTE = "dispute"
    FRAUD_WARNING = "fraud_warning"
    PRODUCT = "product"
    PRICE = "price"
    COUPON = "coupon"
    SUBSCRIPTION = "subscription"
    INVOICE = "invoice"
    INVOICE_PAYMENT = "invoice_payment"
    INTENT = "intent"


class Change(models.Model):
    """One changed object, written by the ledger doors in the transaction that changed it.

    Readers take rows with `xid < pg_snapshot_xmin(pg_current_snapshot())`, so that a slow
    transaction is never skipped.
    """

    seq = models.BigAutoField(primary_key=True)
    # Without a constraint, as `base.models.TenantRow` explains.
    tenant = models.ForeignKey(
        "tenants.Tenant",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    xid = TransactionIdField()
    object = models.CharField(max_length=20, choices=ObjectName.choices)
    object_id = models.UUIDField()
    is_new = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["tenant", "xid", "seq"], name="change_order")]

    def __str__(self) -> str:
        return f"{self.seq} {self.object}"
