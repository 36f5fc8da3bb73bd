"""Fills the accounts that always exist."""

import sqlite3

from sandbox.stripe.accounts import open_accounts


def fill(db: sqlite3.Connection, profile: str, now: float) -> None:
    """Open the accounts; the profile `demo` also fills them with a history."""
    open_accounts(db)
