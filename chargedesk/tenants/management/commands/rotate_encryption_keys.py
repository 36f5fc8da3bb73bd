"""`manage.py rotate_encryption_keys`: seal every secret with the first key of the ring."""

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from chargedesk.base import scoping
from chargedesk.tenants.selectors import every_tenant_id
from chargedesk.tenants.services import reseal_tenant


class Command(BaseCommand):
    """Put a new key first in ENCRYPTION_KEYS, restart, run this, then drop the old key."""

    help = "Reseal all stored secrets with the newest encryption key. Safe to repeat."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Walk the tenants, one transaction each; what no key opens is named and stays."""
        count, unreadable = 0, list[UUID]()
        for tenant_id in every_tenant_id():
            with scoping.tenant(tenant_id):
                resealed, closed = reseal_tenant()
            count, unreadable = count + resealed, unreadable + closed
        self.stdout.write(f"{count} connections resealed")
        if unreadable:
            raise CommandError(
                f"No key of ENCRYPTION_KEYS opens {', '.join(map(str, unreadable))}. Put the key"
                " back that sealed them and run this again, or exchange their keys."
            )
