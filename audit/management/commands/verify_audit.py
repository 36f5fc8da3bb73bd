"""`manage.py verify_audit [--json]`: is every tenant's audit log what was written?"""

import json
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandParser

from audit.verification import Verdict, verify_log

BAD = 1


class Command(BaseCommand):
    """Exit 0 and one line, or exit 1 and the first bad entry."""

    help = "Check the audit logs of all tenants against changes made directly in the database."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """--json for programs."""
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Stop at the first flaw; print what was found."""
        entries = tenants = 0
        for verdict in _verdicts():
            if verdict.flaw:
                self._say(options, f"{verdict.flaw}", _bad(verdict))
                raise SystemExit(BAD)
            entries, tenants = entries + verdict.entries, tenants + 1
        self._say(
            options,
            f"{entries} entries, {tenants} tenants, intact",
            {"intact": True, "entries": entries, "tenants": tenants},
        )

    def _say(self, options: dict[str, Any], sentence: str, facts: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(facts) if options["json"] else sentence)


def _verdicts() -> Iterator[Verdict]:
    # By name: the part of tenants lies above this one.
    tenants = apps.get_model("tenants", "Tenant").objects
    for tenant_id in tenants.order_by("created_at").values_list("id", flat=True):
        yield verify_log(tenant_id)


def _bad(verdict: Verdict) -> dict[str, Any]:
    flaw = verdict.flaw
    return {
        "intact": False,
        "tenant": str(verdict.tenant_id),
        "seq": flaw.seq if flaw else None,
        "fault": flaw.fault.value if flaw else None,
        "message": str(flaw),
    }
