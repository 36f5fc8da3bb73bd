"""`manage.py capability_matrix [--write | --check]`: what each gateway can do, as a page."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from gateways import registry
from gateways.contract import GatewayAdapter
from gateways.matrix import matrix

PAGE = Path("docs") / "reference" / "capabilities.md"


class Command(BaseCommand):
    """Reads the registry only: no database."""

    help = "Draw what each gateway can do, from the declarations."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """--write for the page, --check for make."""
        either = parser.add_mutually_exclusive_group()
        either.add_argument("--write", action="store_true", help=f"bring {PAGE} up to date")
        either.add_argument("--check", action="store_true", help=f"fail if {PAGE} is not")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print, write or compare."""
        drawn, page = matrix(own_gateways()), settings.BASE_DIR / PAGE
        if options["write"]:
            page.write_text(drawn, encoding="utf-8")
        elif not options["check"]:
            self.stdout.write(drawn, ending="")
        elif not page.exists() or page.read_text(encoding="utf-8") != drawn:
            raise CommandError(f"{PAGE} is not up to date: run manage.py capability_matrix --write")


def own_gateways() -> list[GatewayAdapter]:
    """The gateways of this repository; a package's own is in that package's pages."""
    return [
        each
        for each in registry.adapters().values()
        if type(each).__module__.partition(".")[0] == "gateways"
    ]
