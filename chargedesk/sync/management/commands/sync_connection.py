"""`manage.py sync_connection <id>`: read a connection's history now, in this process."""

from argparse import ArgumentTypeError
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from chargedesk.base import scoping
from chargedesk.sync.models import RunState, SyncRun
from chargedesk.sync.selectors import Progress, connection_progress
from chargedesk.sync.services import backfill, start_connection, start_reconciliation
from chargedesk.tenants.selectors import tenant_of_connection

_SLICE_S = 5.0


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text} is no id") from error


class Command(BaseCommand):
    """Goes on where an earlier run stopped; beside a worker, whoever has the lease works."""

    help = "Read a connection's history, or check the last days with --check."

    def add_arguments(self, parser: CommandParser) -> None:
        """The connection's id, and whether only the last days are checked."""
        parser.add_argument("connection", type=_uuid)
        parser.add_argument("--check", action="store_true", help="reconcile the last days")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Advance until the run ends or has to wait."""
        connection_id: UUID = options["connection"]
        tenant_id = tenant_of_connection(connection_id)
        if tenant_id is None:
            raise CommandError("There is no such connection.")
        start = start_reconciliation if options["check"] else start_connection
        with scoping.tenant(tenant_id):
            run_id = start(connection_id).id
        while backfill.advance(tenant_id, run_id, budget_s=_SLICE_S):
            with scoping.tenant(tenant_id):
                self.stdout.write(_line(connection_progress(connection_id)))
        with scoping.tenant(tenant_id):
            run = SyncRun.objects.get(id=run_id)
            self.stdout.write(_line(connection_progress(connection_id)))
        if run.state != RunState.DONE:
            raise CommandError(run.error or f"The run is {run.state}, or another worker has it.")


def _line(progress: Progress) -> str:
    of_total = f" of {progress.total}" if progress.total is not None else ""
    return f"{progress.state}  {progress.phase_label}  {progress.done}{of_total} objects"
