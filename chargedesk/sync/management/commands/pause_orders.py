"""`manage.py pause_orders`: after a restore, send nothing until the gateways are read again."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from chargedesk.sync.services.restoring import pause_orders


class Command(BaseCommand):
    """Pauses orders in every tenant; they resume by themselves after reconciliation."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the reason that people are shown."""
        parser.add_argument(
            "--reason", default="Restored from a backup; the gateways are being read again."
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Pause, and say how many tenants that concerned."""
        paused = pause_orders(options["reason"])
        self.stdout.write(
            f"Orders are paused in {paused} tenants and resume once each is reconciled."
        )
