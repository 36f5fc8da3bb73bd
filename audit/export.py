"""The audit log outside the database: CSV for people, sealed JSON lines for checking."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TextIO
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet

from audit.chain import COVERED, GENESIS, entry_hash
from audit.models import AuditEvent, AuditHead
from audit.seal import is_sealed, seal
from audit.selectors import AuditFilter, entries
from chargedesk.base import scoping

BATCH = 2000
CSV_ROWS = 100_000
_COLUMNS = (
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
    "hash",
)
# A spreadsheet takes a cell that begins with one of these for a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_lines(tenant_id: UUID, wanted: AuditFilter) -> Iterator[str]:
    """A tenant's matching entries as CSV, newest first, at most `CSV_ROWS`; constant memory."""
    yield _csv_line(_COLUMNS)
    before: int | None = None
    for _round in range(CSV_ROWS // BATCH):
        # A scope per batch: the reader decides how long this takes; no transaction waits for them.
        with scoping.tenant(tenant_id):
            batch = list(entries(wanted, before=before)[:BATCH])
        for entry in batch:
            yield _csv_line([_cell(getattr(entry, name)) for name in _COLUMNS])
        if len(batch) < BATCH:
            return
        before = batch[-1].seq


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _csv_line(cells: Iterable[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(cells)
    return buffer.getvalue()


def write_export(tenant_id: UUID, out: TextIO) -> int:
    """Write a tenant's whole log as JSON lines, oldest first, and its sealed head as the last line.

    Returns the number of entries.
    """
    with scoping.tenant(tenant_id):
        head = AuditHead.objects.filter(tenant_id=tenant_id).first()
        up_to, head_hash = (head.seq, head.hash) if head else (0, "")
        last, count = 0, 0
        while rows := list(_export_rows(last, up_to)):
            out.writelines(json.dumps(row, cls=_Exact, ensure_ascii=False) + "\n" for row in rows)
            last, count = rows[-1]["seq"], count + len(rows)
    signed = {
        "tenant": str(tenant_id),
        "seq": up_to,
        "hash": head_hash,
        "seal": seal(tenant_id, up_to, head_hash),
    }
    out.write(json.dumps({"head": signed}) + "\n")
    return count


def _export_rows(last: int, up_to: int) -> Iterable[Mapping[str, Any]]:
    rows: QuerySet[AuditEvent, dict[str, Any]] = (
        AuditEvent.objects.filter(seq__gt=last, seq__lte=up_to)
        .order_by("seq")
        .values(*COVERED, "previous_hash", "hash")
    )
    return rows[:BATCH]


class _Exact(DjangoJSONEncoder):
    """Times with all their microseconds: the hash covers them."""

    def default(self, value: Any) -> Any:
        return value.isoformat() if isinstance(value, datetime) else super().default(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportVerdict:
    """What checking a file gave: `problem` is empty if all is well."""

    entries: int
    problem: str = ""


def check_export(lines: Iterable[str]) -> ExportVerdict:
    """Check what `write_export` wrote: its chain, its seal, and that the database still agrees."""
    last_hash, last_seq = GENESIS, 0
    for line in lines:
        row = json.loads(line)
        if "head" in row:
            return ExportVerdict(
                entries=last_seq, problem=_head_problem(row["head"], last_seq, last_hash)
            )
        row["at"] = datetime.fromisoformat(row["at"])
        if row["seq"] != last_seq + 1 or row["previous_hash"] != last_hash:
            return ExportVerdict(
                entries=last_seq, problem=f"entry {row['seq']} does not follow the one before it"
            )
        if entry_hash(last_hash, row) != row["hash"]:
            return ExportVerdict(
                entries=last_seq, problem=f"entry {row['seq']} is not what was written"
            )
        last_seq, last_hash = row["seq"], row["hash"]
    return ExportVerdict(entries=last_seq, problem="the file has no head: it was cut")


def _head_problem(head: dict[str, Any], last_seq: int, last_hash: str) -> str:
    tenant_id = UUID(head["tenant"])
    if (head["seq"], head["hash"] or GENESIS) != (last_seq, last_hash):
        return "the file's head does not match its entries: some are missing"
    if not is_sealed(tenant_id, head["seq"], head["hash"], head["seal"]):
        return "the file's head does not carry our seal"
    with scoping.tenant(tenant_id):
        stored = AuditEvent.objects.filter(seq=last_seq).values_list("hash", flat=True).first()
    if last_seq and stored != last_hash:
        return f"the database tells another story: its entry {last_seq} is not the file's"
    return ""
