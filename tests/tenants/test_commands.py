"""What commands print for programs."""

import json
import os
import subprocess
import sys
from typing import Any

from tests.services.ground import ROOT


def _listed(command: str) -> dict[str, Any]:
    """What `command --json` prints, by name, in an environment without a database."""
    environment = {"PATH": os.environ["PATH"], "DATABASE_URL": "postgres://app@127.0.0.1:1/none"}
    outcome = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), command, "--json"],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return {each["name"]: each for each in json.loads(outcome.stdout)}


def test_gateways_are_listed_without_a_database() -> None:
    """Design 7."""
    stripe = _listed("gateways")["stripe"]
    assert stripe["label"] == "Stripe"
    assert stripe["capabilities"]["refund"]["is_partial"] is True


def test_helpdesks_are_listed_without_a_database() -> None:
    """Design 7."""
    assert "adds_notes" in _listed("helpdesks")["generic"]["capabilities"]
