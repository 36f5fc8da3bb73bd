"""Runs dj-stripe in an environment of its own, made once from peers.lock; reads what it cost."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any, cast

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


@dataclass(frozen=True)
class Rival:
    """A running dj-stripe, with a database of its own and the same sandbox."""

    orders: IO[str]
    answers: IO[str]

    def ask(self, work: str, **order: Any) -> Any:
        """Let it do a piece of work now: it rests while others have their turn."""
        self.orders.write(json.dumps({"work": work, **order}) + "\n")
        self.orders.flush()
        answer = self.answers.readline()
        if not answer:
            raise RuntimeError("dj-stripe ended; its error is above")
        return json.loads(answer)


@contextmanager
def djstripe(ground: Ground, *, key: str) -> Iterator[Rival]:
    """Start dj-stripe for the account with this key."""
    program = subprocess.Popen(
        [
            str(ground.folder / "peers" / "bin" / "python"),
            *("-W", "ignore", "-m", "bench.peers.djstripe_program"),
        ],
        env={
            "PATH": os.environ.get("PATH", os.defpath),
            "PEER_DATABASE_URL": ground.peer_database(_DATABASE),
            "PEER_API_BASE": f"{ground.sandbox_url}/stripe",
            "PEER_API_KEY": key,
        },
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    # Leaving closes what it reads from, which ends it.
    with program:
        yield Rival(cast("IO[str]", program.stdin), cast("IO[str]", program.stdout))
