"""Loads the demo companies through the real adapters, waits for their data, writes demo.json."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from chargedesk.demo import demo_file
from chargedesk.demo.companies import COMPANIES
from chargedesk.demo.loading import load_company
from chargedesk.demo.secrets_file import KeptSecrets
from chargedesk.demo.waiting import ImportFailedError, wait_until_imported
from chargedesk.kit.errors import ChargeDeskError


class Command(BaseCommand):
    """`manage.py load_demo`: safe to repeat; what is there already is kept."""

    help = __doc__

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Load, wait, publish."""
        if not settings.DEMO or not settings.SANDBOX_URL:
            raise CommandError("The demo needs DEMO=1 and SANDBOX_URL.")
        demo_file.forget()
        kept = KeptSecrets(settings.DATA_DIR)
        try:
            loaded = [load_company(company, kept) for company in COMPANIES]
            wait_until_imported(loaded, say=self._say)
        except (ChargeDeskError, ImportFailedError) as error:
            raise CommandError(str(error)) from error
        path = demo_file.publish(loaded, kept)
        self._say(f"The demo is ready; scripts read {path}")

    def _say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()
