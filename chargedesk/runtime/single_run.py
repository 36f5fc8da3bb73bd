"""One runner per data folder: a lock that dies with its holder, and a pid for the message."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chargedesk.runtime.errors import RuntimeSetupError
from chargedesk.runtime.processes import write_atomically


@contextmanager
def only_runner(data_dir: Path) -> Iterator[None]:
    """Hold the folder; raises `RuntimeSetupError` while another runner holds it."""
    folder = data_dir / "run"
    folder.mkdir(parents=True, exist_ok=True)
    pid_path = folder / "runner.pid"
    with (folder / "runner.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = pid_path.read_text().strip() if pid_path.exists() else "unknown"
            raise RuntimeSetupError(
                f"Another `make run` (process {holder}) uses {data_dir}. Stop it, or choose "
                "another folder: make run DATA_DIR=…"
            ) from error
        write_atomically(pid_path, f"{os.getpid()}\n")
        try:
            yield
        finally:
            pid_path.unlink(missing_ok=True)
