"""The base of every tenant-owned model."""

from django.db import models

from chargedesk.kit import ids


class TenantOwned(models.Model):
    """A row that belongs to exactly one tenant; row-level security keeps it there."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    tenant = models.ForeignKey(
        "tenants.Tenant", on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        abstract = True


class TenantRow(TenantOwned):
    """The same for tables that gateways' news fills: row-level security alone checks the tenant.

    A foreign key would look up and lock the tenant's one row for every row written (decision 0007).
    """

    tenant = models.ForeignKey(
        "tenants.Tenant",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )

    class Meta:
        abstract = True
