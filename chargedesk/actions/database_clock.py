"""The clock of leases, keys, holds and expiries: the database's, one for all workers (M3)."""

from datetime import datetime

from django.conf import settings
from django.db import connection


def database_now() -> datetime:
    """The database's time at this moment, not at the start of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
    moment: datetime = now
    return moment


def insist_on_durable_commit() -> None:
    """Make this transaction's commit wait for the disk, whatever the server's default (M2).

    The server also ends a transaction that stands still, so that a frozen worker keeps no root's
    lock; whoever waits for a lock gives up a little later than that.
    """
    idle_s: int = settings.ACTION_TRANSACTION_IDLE_S
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('synchronous_commit', 'on', true),"
            " set_config('idle_in_transaction_session_timeout', %s, true),"
            " set_config('lock_timeout', %s, true)",
            [f"{idle_s}s", f"{2 * idle_s}s"],
        )
