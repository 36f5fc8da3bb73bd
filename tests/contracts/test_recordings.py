"""Every recording says where it comes from, and the sandbox's faults are all known to the suite."""

from pathlib import Path

import pytest

from gateways import registry
from sandbox.faults import KINDS, WEBHOOK_KINDS
from tests.contracts.error_cases import ENDS
from tests.contracts.harness import RECORDINGS, Fault


@pytest.fixture(params=sorted(registry.adapters()))
def folder(request: pytest.FixtureRequest) -> Path:
    """The recordings of one gateway."""
    return RECORDINGS / str(request.param)


def _sources(folder: Path) -> dict[str, str]:
    """The rows of the folder's table: which files, and where they are from."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in (folder / "SOURCES.md").read_text().splitlines()
        if line.startswith("| `")
    ]
    return {pattern.strip("`"): source for pattern, source in rows}


def test_every_recording_has_a_source(folder: Path) -> None:
    sources = _sources(folder)
    for recording in folder.glob("*.json"):
        fitting = [each for each in sources if recording.match(each)]
        assert len(fitting) == 1, recording.name
        assert sources[fitting[0]]


def test_every_source_is_of_recordings_that_are_there(folder: Path) -> None:
    for pattern in _sources(folder):
        assert list(folder.glob(pattern)), pattern


def test_every_fault_of_the_sandbox_is_played_against_every_adapter() -> None:
    """But those of deliveries: an adapter reads one webhook, and knows nothing of the next.

    When they come early, late, twice, in disorder or never is the inbox's, for every gateway the
    same: tests/sync, tests/flows and the crash suite.
    """
    assert {each.value for each in Fault} == KINDS - WEBHOOK_KINDS
    # A call whose object shows late ends as any other; what comes after has a test of its own.
    assert {*ENDS, Fault.LOOKUP_LAG} == set(Fault)
