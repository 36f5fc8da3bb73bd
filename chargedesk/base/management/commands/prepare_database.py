"""`manage.py prepare_database`: makes the role `app` and grants it what web and workers need."""

import os
from typing import Any

import psycopg2
from django.core.management.base import BaseCommand, CommandError

from chargedesk.runtime.database_roles import prepare_database
from chargedesk.runtime.errors import RuntimeSetupError


class Command(BaseCommand):
    """Run before `migrate`, with OWNER_DATABASE_URL and DATABASE_URL set; safe to repeat."""

    help = (
        "Create the role of DATABASE_URL and grant it reading and writing of rows, as the role of "
        "OWNER_DATABASE_URL. Run it before migrate; repeating it is harmless."
    )
    requires_system_checks: list[str] = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Prepare the database; a refusal is one sentence and exit code 1."""
        owner_url, app_url = os.environ.get("OWNER_DATABASE_URL"), os.environ.get("DATABASE_URL")
        if not owner_url or not app_url:
            raise CommandError("Set OWNER_DATABASE_URL (role owner) and DATABASE_URL (role app).")
        try:
            role = prepare_database(owner_url=owner_url, app_url=app_url)
        except (RuntimeSetupError, psycopg2.Error) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"The role {role} can read and write rows, and nothing else.")
