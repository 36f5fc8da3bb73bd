"""Runs dj-stripe in an environment of its own, made once from peers.lock; reads what it cost."""

import hashlib
import json
import os
import subprocess
import sys
from typing import Any

from bench.ground import ROOT, Ground, say

_LOCK = ROOT / "bench" / "peers.lock"
_DATABASE = "djstripe"


def prepare(ground: Ground) -> None:
    """Install the peers if they are not there yet."""
    environment = ground.folder / "peers"
    stamp = environment / "lock.sha256"
    wanted = hashlib.sha256(_LOCK.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    say("installing dj-stripe into an environment of its own (once)")
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(environment)], check=True)
    subprocess.run(
        [
            *(str(environment / "bin" / "python"), "-m", "pip", "install", "--quiet"),
            *("--disable-pip-version-check", "--require-hashes", "--requirement", str(_LOCK)),
        ],
        check=True,
    )
    stamp.write_text(wanted)


def djstripe(ground: Ground, *, key: str, order: dict[str, Any]) -> dict[str, Any]:
    """Let dj-stripe carry out an order in a database of its own; what it cost."""
    outcome = subprocess.run(
        [
            str(ground.folder / "peers" / "bin" / "python"),
            *("-W", "ignore", "-m", "bench.peers.djstripe_program"),
        ],
        input=json.dumps(order),
        env={
            "PATH": os.environ.get("PATH", os.defpath),
            "PEER_DATABASE_URL": ground.peer_database(_DATABASE),
            "PEER_API_BASE": f"{ground.sandbox_url}/stripe",
            "PEER_API_KEY": key,
        },
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    answer: dict[str, Any] = json.loads(outcome.stdout)
    return answer
