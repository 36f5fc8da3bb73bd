"""The clock of leases, keys, holds and expiries: the database's, one for all workers (M3)."""

from datetime import datetime

from django.db import connection


def database_now() -> datetime:
    """The database's time at this moment, not at the start of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
    moment: datetime = now
    return moment


def insist_on_durable_commit() -> None:
    """Make this transaction's commit wait for the disk, whatever the server's default (M2)."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = on")
