"""Starting, recognising and stopping processes that must not outlive the one who started them."""

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Program:
    """One program: what to run, how it likes to be stopped, where its output and its pid go.

    `mark` is a text its command line always shows, by which a later start knows it again.
    """

    name: str
    command: Sequence[str]
    mark: str
    log_path: Path
    pid_path: Path
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    uid: int | None = None
    gid: int | None = None


def start(program: Program) -> subprocess.Popen[bytes]:
    """Start the program in a process group of its own and write its pid file.

    When the starting process dies without a word, the system sends the stop signal.
    """
    program.log_path.parent.mkdir(parents=True, exist_ok=True)
    program.pid_path.parent.mkdir(parents=True, exist_ok=True)
    with program.log_path.open("ab") as log:
        process = subprocess.Popen(
            list(program.command),
            env=dict(program.env) or None,
            cwd=program.cwd,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            process_group=0,
            user=program.uid,
            group=program.gid,
            extra_groups=None if program.uid is None else [],
            umask=0o077 if program.uid is not None else -1,
            preexec_fn=die_with_parent(program.stop_signal),  # noqa: PLW1509
        )
    write_atomically(program.pid_path, f"{process.pid}\n")
    return process


def write_atomically(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Put the whole text in place at once; a reader sees the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.touch(mode=mode)
    unfinished.write_text(text)
    unfinished.replace(path)


def stop(process: subprocess.Popen[bytes], program: Program, *, patience_s: float) -> None:
    """Ask the process to stop, wait, then end its whole group; removes the pid file."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(program.stop_signal)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=patience_s)
    end_group(process.pid)
    process.wait()
    program.pid_path.unlink(missing_ok=True)


def end_group(pid: int) -> None:
    """Kill what is left of the process group that `pid` leads."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def recorded_pid(pid_path: Path, *, mark: str) -> int | None:
    """Return the recorded pid if that process lives and its command line shows the mark."""
    try:
        pid = int(pid_path.read_text().split()[0])
    except (FileNotFoundError, ValueError, IndexError):
        return None
    return pid if mark in command_line(pid) else None


def command_line(pid: int) -> str:
    """Return the words of a living process's command line; empty for a dead or finished one."""
    try:
        return (
            Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        )
    except OSError:
        return ""


def stop_leftover(
    pid_path: Path, *, mark: str, stop_signal: signal.Signals, patience_s: float
) -> int | None:
    """Stop what a killed run left behind and return its pid; None if nothing of ours was left."""
    pid = recorded_pid(pid_path, mark=mark)
    if pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, stop_signal)
        if not wait_until(lambda: mark not in command_line(pid), timeout_s=patience_s):
            end_group(pid)
            wait_until(lambda: mark not in command_line(pid), timeout_s=patience_s)
    pid_path.unlink(missing_ok=True)
    return pid


def wait_until(condition: Callable[[], bool], *, timeout_s: float, every_s: float = 0.05) -> bool:
    """Look again until the condition holds; False if it did not in time."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(every_s)
    return True


def die_with_parent(death_signal: signal.Signals) -> Callable[[], None]:
    """Return what a new child runs so that the system signals it when this process dies."""
    parent = os.getpid()

    def in_child() -> None:
        LIBC.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        # The parent may have died before the line above took hold.
        if os.getppid() != parent:
            os._exit(1)

    return in_child


def tail(path: Path, *, lines: int = 15) -> str:
    """Return the last lines of a log; empty where there is none."""
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return ""
