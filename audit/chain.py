"""The hash chain: what an entry's hash covers, as one canonical text."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

GENESIS = "0" * 64

COVERED = (
    "id",
    "tenant_id",
    "seq",
    "at",
    "verb",
    "actor_kind",
    "actor_id",
    "actor_label",
    "on_behalf_of",
    "object_kind",
    "object_id",
    "reason",
    "result",
    "ip",
    "details",
)


def entry_hash(previous_hash: str, entry: Mapping[str, Any]) -> str:
    """SHA-256 over the hash before and every column of the entry, in a fixed order."""
    values = [previous_hash, *(_canonical(entry[name]) for name in COVERED)]
    text = json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _canonical(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, dict | list | int) or value is None:
        return value
    return str(value)
