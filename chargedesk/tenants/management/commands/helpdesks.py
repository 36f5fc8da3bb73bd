"""`manage.py helpdesks [--json]`: which helpdesks are installed, from their declarations."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from helpdesk_apps import registry


class Command(BaseCommand):
    """Reads the registry only: no database."""

    help = "List the installed helpdesks."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """--json for programs."""
        parser.add_argument("--json", action="store_true", help="name, label and capabilities")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print one line each, or one JSON list."""
        adapters = registry.adapters().values()
        if not options["json"]:
            self.stdout.write("\n".join(f"{each.name}  {each.label}" for each in adapters))
            return
        listed = [
            {
                "name": each.name,
                "label": each.label,
                "capabilities": each.capabilities.as_json(),
            }
            for each in adapters
        ]
        self.stdout.write(json.dumps(listed, indent=2))
