"""`manage.py export_audit <tenant slug> <file>` writes a sealed log; `--check` proves one."""

from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.export import check_export, write_export


class Command(BaseCommand):
    """JSON lines, oldest first; the last line is the sealed head."""

    help = "Export a tenant's audit log with a signed head, or check such a file."

    def add_arguments(self, parser: CommandParser) -> None:
        """A tenant and a file, or --check and a file."""
        parser.add_argument("tenant", nargs="?", help="the tenant's slug")
        parser.add_argument("file", type=Path)
        parser.add_argument("--check", action="store_true", help="check the file instead")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write or check."""
        if options["check"]:
            self._check(options["file"])
        else:
            self._write(options["tenant"], options["file"])

    def _write(self, slug: str | None, path: Path) -> None:
        tenant = apps.get_model("tenants", "Tenant").objects.filter(slug=slug).first()
        if tenant is None:
            raise CommandError(f"There is no tenant “{slug}”.")
        with path.open("w", encoding="utf-8") as out:
            count = write_export(tenant.pk, out)
        self.stdout.write(f"{count} entries written to {path}")

    def _check(self, path: Path) -> None:
        with path.open(encoding="utf-8") as lines:
            verdict = check_export(lines)
        if verdict.problem:
            self.stdout.write(verdict.problem)
            raise SystemExit(1)
        self.stdout.write(f"{verdict.entries} entries, intact")
