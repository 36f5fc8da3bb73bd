"""Finds what was changed in the audit log behind our back, and says where.

Compared are the numbers (no gap), each entry's hash (no change, no swap), and the sealed head (no
tail cut off, none added, nothing rewritten from some entry to the end).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Subquery

from audit.chain import COVERED, GENESIS, entry_hash
from audit.models import AuditEvent, AuditHead
from audit.seal import is_sealed
from chargedesk.base import scoping

BATCH = 2000


class Fault(StrEnum):
    """What can be wrong with a log."""

    MISSING = "missing"
    CHANGED = "changed"
    BROKEN_LINK = "broken_link"
    TAIL_CUT = "tail_cut"
    ADDED = "added"
    EMPTY = "empty"
    HEAD_MISSING = "head_missing"
    HEAD_CHANGED = "head_changed"


_SENTENCES = {
    Fault.MISSING: "this entry is missing",
    Fault.CHANGED: "this entry is not what was written",
    Fault.BROKEN_LINK: "this entry does not follow the one before it",
    Fault.TAIL_CUT: "the log ends before its head: later entries are missing",
    Fault.ADDED: "this entry was added before the log's first one, or after its head",
    Fault.EMPTY: "the log is empty, though every log begins with its company",
    Fault.HEAD_MISSING: "there are entries, but the log's head is gone",
    Fault.HEAD_CHANGED: "the log's head does not carry the seal of this SECRET_KEY",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """The first thing wrong with a tenant's log, and the number where it shows."""

    tenant_id: UUID
    seq: int
    fault: Fault

    def __str__(self) -> str:
        return f"tenant {self.tenant_id}, entry {self.seq}: {_SENTENCES[self.fault]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What checking one tenant's log gave. `hash` is the end of the chain as far as it is sound."""

    tenant_id: UUID
    entries: int
    hash: str
    flaw: Flaw | None

    @property
    def is_intact(self) -> bool:
        """Whether nothing is wrong."""
        return self.flaw is None


def verify_log(tenant_id: UUID) -> Verdict:
    """Check one tenant's whole log, in batches; what is written meanwhile is left out."""
    with scoping.tenant(tenant_id):
        head = AuditHead.objects.filter(tenant_id=tenant_id).first()
        walk = _Walk(tenant_id)
        fault = walk.follow(up_to=head.seq) if head else None
        if fault is None:
            fault = _fault_of_head(walk, head)
        flaw = Flaw(tenant_id=tenant_id, seq=fault[0], fault=fault[1]) if fault else None
        return Verdict(tenant_id=tenant_id, entries=walk.seq, hash=walk.hash, flaw=flaw)


class _Walk:
    """Follows a chain from its beginning; `seq` and `hash` are how far it is sound."""

    def __init__(self, tenant_id: UUID) -> None:
        self.tenant_id = tenant_id
        self.seq = 0
        self.hash = GENESIS

    def follow(self, *, up_to: int) -> tuple[int, Fault] | None:
        for entry in _rows(self.tenant_id, up_to):
            fault = self._fault(entry)
            if fault:
                return (self.seq + 1 if fault is Fault.MISSING else entry["seq"]), fault
            self.seq, self.hash = entry["seq"], entry["hash"]
        return None

    def _fault(self, entry: Mapping[str, Any]) -> Fault | None:
        if entry["seq"] <= self.seq:
            return Fault.ADDED
        if entry["seq"] != self.seq + 1:
            return Fault.MISSING
        if entry["hash"] != entry_hash(entry["previous_hash"], entry):
            return Fault.CHANGED
        if entry["previous_hash"] != self.hash:
            return Fault.BROKEN_LINK
        return None


def _rows(tenant_id: UUID, up_to: int) -> Iterator[Mapping[str, Any]]:
    # From whatever is there: numbers below the first one were never given.
    entries = AuditEvent.objects.filter(tenant_id=tenant_id, seq__lte=up_to).order_by("seq")
    following = entries
    while True:
        batch = list(following.values(*COVERED, "previous_hash", "hash")[:BATCH])
        yield from batch
        if len(batch) < BATCH:
            return
        following = entries.filter(seq__gt=batch[-1]["seq"])


def _fault_of_head(walk: _Walk, head: AuditHead | None) -> tuple[int, Fault] | None:
    if head is None:
        first = AuditEvent.objects.filter(tenant_id=walk.tenant_id).order_by("seq").first()
        return (first.seq, Fault.HEAD_MISSING) if first else (1, Fault.EMPTY)
    if walk.seq < head.seq:
        return walk.seq + 1, Fault.TAIL_CUT
    if head.seq < 1:
        return 1, Fault.EMPTY
    if walk.hash != (head.hash or GENESIS) or not is_sealed(
        walk.tenant_id, head.seq, head.hash, head.seal
    ):
        return head.seq, Fault.HEAD_CHANGED
    return _added(walk.tenant_id)


def _added(tenant_id: UUID) -> tuple[int, Fault] | None:
    # One statement, so that an entry written this moment has its head with it.
    head_now = AuditHead.objects.filter(tenant_id=OuterRef("tenant_id")).values("seq")
    added = (
        AuditEvent.objects.filter(tenant_id=tenant_id, seq__gt=Subquery(head_now))
        .order_by("seq")
        .first()
    )
    return (added.seq, Fault.ADDED) if added else None
