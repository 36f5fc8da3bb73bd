"""Counts SQL statements as the aims do: not the transaction's own, and not setting the tenant."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

# As the product calls what it has prepared; written out, because peers know nothing of it.
_PREPARED = "EXECUTE p_"
_FREE = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "SELECT set_config")


@contextmanager
def counted() -> Iterator[list[str]]:
    """Collect the statements that count while the block runs."""
    seen: list[str] = []

    def note(
        execute: Callable[..., Any], sql: str, params: Any, many: Any, context: dict[str, Any]
    ) -> Any:
        if not str(sql).lstrip().startswith(_FREE):
            # One message may hold several.
            seen.extend([str(sql)] * max(1, str(sql).count(_PREPARED)))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield seen


def backend_pid() -> int:
    """The process that works for this connection in PostgreSQL."""
    connection.ensure_connection()
    pid: int = connection.connection.info.backend_pid
    return pid
