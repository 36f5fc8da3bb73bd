"""The live tests are code that runs: each gateway's are rehearsed at the sandbox.

They prove nothing about a provider here. What is rehearsed is that they can be run as the guides
say, and that they want nothing that contradicts what the simulator was built from.
"""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from tests.conftest import Running
from tests.gateways.live import REHEARSAL
from tests.services.ground import ROOT, Ground

LIVE = {path.parent.name: path for path in Path(__file__).parent.glob("*/test_live.py")}


@pytest.mark.parametrize("name", sorted(LIVE))
def test_the_live_tests_run_as_the_guide_says_and_none_is_left_out(
    name: str, sandbox: Running, ground: Ground
) -> None:
    told = import_module(f"tests.gateways.{name}.rehearsal").environment(sandbox.url)
    guide = (ROOT / f"docs/guides/first-run-{name}.md").read_text()
    assert [each for each in told if each not in guide] == []
    played = subprocess.run(
        [sys.executable, "-m", "pytest", "-m", "live", "-n0", "-q", str(LIVE[name])],
        env={**ground.environment, **told, REHEARSAL: sandbox.url},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert played.returncode == 0, played.stdout
    assert "skipped" not in played.stdout, played.stdout
