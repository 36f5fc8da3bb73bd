"""The journal lists every call, however many there were, or says that there are more."""

from pathlib import Path

import pytest

from sandbox.journal import Entry, Selection, listed, write_entry
from sandbox.store import Store
from sandbox.wire import Request

MANY = 100_500
_COPY = """
    INSERT INTO journal (time, provider, method, path, ids, body_sha256)
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
    SELECT time, provider, method, path, ids, body_sha256 FROM journal, n WHERE seq = 1
"""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A file with more calls than anybody reads one by one."""
    made = Store(tmp_path)
    with made.write() as db:
        call = Request("GET", "/stripe/v1/charges", "", {}, b"")
        write_entry(db, call, Entry("stripe", "acct_1", None, 200), now=1_800_000_000.0)
        db.execute(_COPY, (MANY - 1,))
    return made


def test_every_call_is_listed(store: Store) -> None:
    with store.read() as db:
        told = listed(db, Selection(provider="stripe"))
    assert [entry["seq"] for entry in told["entries"]] == list(range(1, MANY + 1))
    assert told["more"] is False


def test_a_part_says_that_there_are_more(store: Store) -> None:
    with store.read() as db:
        first = listed(db, Selection(limit=2))
        last = listed(db, Selection(after=MANY - 2, limit=2))
    assert [entry["seq"] for entry in first["entries"]] == [1, 2]
    assert first["more"] is True
    assert [entry["seq"] for entry in last["entries"]] == [MANY - 1, MANY]
    assert last["more"] is False
