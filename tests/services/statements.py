"""Counts SQL statements the way the budgets do."""

from django.test.utils import CaptureQueriesContext

_FREE = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK", "SELECT set_config")


def counted(captured: CaptureQueriesContext) -> list[str]:
    """The statements that count: not the transaction's own, and not setting the tenant."""
    return [each["sql"] for each in captured if not each["sql"].startswith(_FREE)]
