"""The audit log's rows: append-only, numbered without gaps and hash-chained per tenant."""

from django.db import models

from chargedesk.base.models import TenantOwned


class AuditEvent(TenantOwned):
    """Who, on behalf of what ticket, did what, to what, why, from where, with which result.

    `hash` covers every other column and the hash before it. A trigger refuses UPDATE and DELETE.
    """

    seq = models.BigIntegerField()
    at = models.DateTimeField()
    verb = models.CharField(max_length=60)
    actor_kind = models.CharField(max_length=20)
    actor_id = models.CharField(max_length=80, blank=True)
    actor_label = models.CharField(max_length=160, blank=True)
    on_behalf_of = models.CharField(max_length=160, blank=True)
    object_kind = models.CharField(max_length=40)
    object_id = models.CharField(max_length=160)
    reason = models.CharField(max_length=500, blank=True)
    result = models.CharField(max_length=40, blank=True)
    ip = models.GenericIPAddressField(null=True)
    details = models.JSONField(default=dict)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "seq"], name="audit_seq_once"),
            models.CheckConstraint(condition=models.Q(seq__gte=1), name="audit_seq_from_one"),
        ]
        indexes = [
            models.Index(fields=["tenant", "object_kind", "object_id"], name="audit_by_object"),
            models.Index(fields=["tenant", "actor_id", "seq"], name="audit_by_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.verb}"


class AuditHead(models.Model):
    """The end of a tenant's chain; its row lock orders writers (last in the lock order, M17).

    `seal` is an HMAC over the rest (`audit.seal`), which only we can make.
    """

    tenant = models.OneToOneField(
        "tenants.Tenant", primary_key=True, on_delete=models.PROTECT, related_name="+"
    )
    seq = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="")
    seal = models.CharField(max_length=64, default="")

    def __str__(self) -> str:
        return f"{self.tenant_id} at {self.seq}"
