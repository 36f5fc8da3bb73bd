"""The secrets that open provider accounts; all of them are fictitious."""

import json
import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True)
class Credential:
    """A secret, the account it opens and what it may do (`None`: everything)."""

    secret: str
    account: str
    livemode: bool = False
    permissions: frozenset[str] | None = None
    state: str = "active"


def keep_credential(db: sqlite3.Connection, provider: str, credential: Credential) -> None:
    """Store a secret, or replace what it opens."""
    permissions = credential.permissions
    db.execute(
        "INSERT OR REPLACE INTO credentials VALUES (?, ?, ?, ?, ?, ?)",
        (
            credential.secret,
            provider,
            credential.account,
            int(credential.livemode),
            None if permissions is None else json.dumps(sorted(permissions)),
            credential.state,
        ),
    )


def find_credential(db: sqlite3.Connection, provider: str, secret: str) -> Credential | None:
    """Find what a secret opens."""
    row = db.execute(
        "SELECT * FROM credentials WHERE provider = ? AND credential = ?",
        (provider, secret),
    ).fetchone()
    if row is None:
        return None
    permissions = None
    if row["permissions"] is not None:
        permissions = frozenset(json.loads(row["permissions"]))
    return Credential(
        row["credential"],
        row["account"],
        bool(row["livemode"]),
        permissions,
        row["state"],
    )
