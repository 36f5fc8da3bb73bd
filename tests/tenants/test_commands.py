"""What commands print for programs."""

import json
import os
import subprocess
import sys

from tests.services.ground import ROOT


def test_gateways_are_listed_without_a_database() -> None:
    """Design 7: `gateways --json` needs no database."""
    environment = {"PATH": os.environ["PATH"], "DATABASE_URL": "postgres://app@127.0.0.1:1/none"}
    outcome = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "gateways", "--json"],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    listed = {each["name"]: each for each in json.loads(outcome.stdout)}
    assert listed["stripe"]["label"] == "Stripe"
    assert listed["stripe"]["capabilities"]["refund"]["is_partial"] is True
