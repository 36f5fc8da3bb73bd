"""`manage.py update_messages`: catalogues follow the code; `--check` says what is untranslated."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from chargedesk.base.messages import catalogue_paths, gaps, start_catalogue, update_catalogues

MOST_SHOWN = 40


class Command(BaseCommand):
    """Extract texts from code and templates into `locale/*/LC_MESSAGES/django.po`."""

    help = "Bring the translation catalogues up to date, or with --check fail if one has gaps."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare `--check` and `--start`."""
        parser.add_argument("--check", action="store_true", help="change nothing, list the gaps")
        parser.add_argument("--start", metavar="LANGUAGE", help="begin a language, such as pt_BR")

    def handle(self, *_args: Any, check: bool, start: str | None, **_options: Any) -> None:
        """Update or check; gaps end with exit code 1."""
        if start:
            start_catalogue(settings.BASE_DIR, start)
        if not check:
            for path in update_catalogues(settings.BASE_DIR):
                self.stdout.write(f"updated {path.relative_to(settings.BASE_DIR)}")
            return
        found = gaps(settings.BASE_DIR)
        if found:
            shown = "\n".join(str(gap) for gap in found[:MOST_SHOWN])
            raise CommandError(f"{len(found)} texts need a translator:\n{shown}")
        self.stdout.write(f"{len(catalogue_paths(settings.BASE_DIR))} catalogues, no gaps")
