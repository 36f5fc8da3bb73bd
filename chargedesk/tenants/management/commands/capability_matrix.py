"""`manage.py capability_matrix [--write | --check]`: what each gateway can do, as pages.

One page compares the gateways that its heading names. Any other gateway has a page in its own
folder, so that adding one touches no file outside it.
"""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from gateways import registry
from gateways.contract import GatewayAdapter
from gateways.matrix import matrix

PAGE = Path("docs") / "reference" / "capabilities.md"
OWN_PAGE = "CAPABILITIES.md"


class Command(BaseCommand):
    """Reads the registry only: no database."""

    help = "Draw what each gateway can do, from the declarations."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """--write for the pages, --check for make."""
        either = parser.add_mutually_exclusive_group()
        either.add_argument("--write", action="store_true", help="bring the pages up to date")
        either.add_argument("--check", action="store_true", help="fail if one of them is not")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print, write or compare."""
        if not options["write"] and not options["check"]:
            self.stdout.write(matrix(own_gateways()), ending="")
            return
        for page, drawn in _pages().items():
            path = settings.BASE_DIR / page
            if options["write"]:
                path.write_text(drawn, encoding="utf-8")
            elif not path.exists() or path.read_text(encoding="utf-8") != drawn:
                raise CommandError(f"{page} is not up to date: run make capabilities")


def own_gateways() -> list[GatewayAdapter]:
    """The gateways of this repository; a package's own is in that package's pages."""
    return [
        each
        for each in registry.adapters().values()
        if type(each).__module__.partition(".")[0] == "gateways"
    ]


def _pages() -> dict[Path, str]:
    """Every page as it should be, by its path in the repository."""
    compared = _compared(settings.BASE_DIR / PAGE)
    side_by_side = [each for each in own_gateways() if compared is None or each.label in compared]
    alone = [each for each in own_gateways() if each not in side_by_side]
    return {
        PAGE: matrix(side_by_side),
        **{
            Path("gateways") / each.name / OWN_PAGE: matrix(
                [each], title=f"What {each.label} can do"
            )
            for each in alone
        },
    }


def _compared(page: Path) -> set[str] | None:
    """The labels over the columns of a page; None if there is no page yet."""
    if not page.exists():
        return None
    lines = page.read_text(encoding="utf-8").splitlines()
    heading = next((line for line in lines if line.startswith("|")), "")
    return {each.strip() for each in heading.strip("|").split("|")}
