"""The change feed: written in the transaction that changes, read in the order of commits."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection as database

from chargedesk.base import scoping
from chargedesk.kit.errors import ChargeDeskError
from chargedesk.ledger.models import ObjectName


class CursorError(ChargeDeskError):
    """The text is no cursor of ours."""

    code = "cursor_invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeFacts:
    """One changed object; `cursor` goes on after it."""

    object: str
    object_id: UUID
    is_new: bool
    cursor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePage:
    """Changes in the order of commits; hand `cursor` back to go on, even from an empty page."""

    changes: tuple[ChangeFacts, ...]
    cursor: str


def record_changes(
    object_name: ObjectName, object_ids: Iterable[UUID], *, is_new: bool = False
) -> None:
    """Tell the feed that these objects changed, in the caller's transaction; one statement."""
    wanted = sorted(map(str, object_ids))
    if not wanted:
        return
    with database.cursor() as cursor:
        cursor.execute(
            """INSERT INTO ledger_change (tenant_id, object, object_id, is_new)
            SELECT %s, %s, unnest(%s::uuid[]), %s""",
            [scoping.current_tenant(), object_name.value, wanted, is_new],
        )


def changes_after(cursor: str = "", limit: int = 100) -> ChangePage:
    """The changes after `cursor` (empty: from the start); raises CursorError. One statement.

    Only those of transactions older than every running one: a slow one holds back what came after
    it, and so is never skipped. The numbers alone would not do: they are given before the commit.
    """
    xid, seq = _position(cursor)
    with database.cursor() as statement:
        statement.execute(_AFTER, [xid, xid, seq, limit])
        rows = statement.fetchall()
    changes = tuple(
        ChangeFacts(object=name, object_id=object_id, is_new=is_new, cursor=_text(row_xid, row_seq))
        for row_xid, row_seq, name, object_id, is_new in rows
    )
    return ChangePage(changes=changes, cursor=changes[-1].cursor if changes else cursor)


_AFTER = """
SELECT xid::text, seq, object, object_id, is_new FROM ledger_change
WHERE xid < pg_snapshot_xmin(pg_current_snapshot())
    AND xid >= %s::xid8 AND (xid > %s::xid8 OR seq > %s)
ORDER BY xid, seq LIMIT %s
"""


def _text(xid: str, seq: int) -> str:
    return urlsafe_b64encode(f"{xid}.{seq}".encode()).decode().rstrip("=")


def _position(cursor: str) -> tuple[str, int]:
    if not cursor:
        return "0", 0
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        xid, _dot, seq = urlsafe_b64decode(padded.encode("ascii")).decode("ascii").partition(".")
        return str(_in_range(int(xid))), _in_range(int(seq))
    except ValueError:
        raise CursorError("This is not a cursor of the change feed.", parameter="after") from None


def _in_range(number: int) -> int:
    if not 0 <= number < 2**63:
        raise ValueError(number)
    return number
