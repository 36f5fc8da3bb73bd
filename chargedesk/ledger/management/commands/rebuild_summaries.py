"""`manage.py rebuild_summaries`: sums up everything again, tenant by tenant; safe to repeat."""

from typing import Any

from django.core.management.base import BaseCommand

from chargedesk.base import scoping
from chargedesk.ledger.rollups import rebuild_summaries
from chargedesk.tenants.models import Tenant


class Command(BaseCommand):
    """Repair sums that verify_ledger found wrong."""

    help = "Sum up money roots and customers again from their charges, refunds and holds."

    def handle(self, *_arguments: Any, **_options: Any) -> None:
        for tenant in Tenant.objects.order_by("slug"):
            with scoping.tenant(tenant.id):
                wrong = rebuild_summaries()
            self.stdout.write(f"{tenant.slug}: {wrong} sums put right")
