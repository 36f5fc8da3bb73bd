"""Counts SQL statements the way the budgets do."""

from django.test.utils import CaptureQueriesContext

from chargedesk.base.prepared import PREFIX

_FREE = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK", "SELECT set_config")


def counted(captured: CaptureQueriesContext) -> list[str]:
    """The statements that count: not the transaction's own, and not setting the tenant."""
    return [
        each["sql"]
        for each in captured
        if not each["sql"].startswith(_FREE)
        # One message may hold several.
        for _ in range(max(1, each["sql"].count(f"EXECUTE {PREFIX}")))
    ]
