"""`manage.py verify_ledger`: every sum of every tenant against what it sums."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from chargedesk.base import scoping
from chargedesk.ledger.rollups import first_difference
from chargedesk.tenants.models import Tenant


class Command(BaseCommand):
    """Exit 0 if all sums agree, else 1 with the first difference of each tenant."""

    help = "Compare the sums of money roots and customers with the rows they sum up."

    def handle(self, *_arguments: Any, **_options: Any) -> None:
        found = 0
        for tenant in Tenant.objects.order_by("slug"):
            with scoping.tenant(tenant.id):
                difference = first_difference()
            if difference:
                found += 1
                self.stdout.write(f"{tenant.slug}: {difference}")
        if found:
            self.stdout.write("Run manage.py rebuild_summaries to sum up again.")
            sys.exit(1)
        self.stdout.write("All sums agree.")
