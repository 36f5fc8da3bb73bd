"""The runner keeps its promises with real processes: restart, stop, recovery, clear refusals."""

import math
import os
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest

from chargedesk.runtime import addresses, processes
from chargedesk.runtime.services import PrivateServices
from chargedesk.runtime.services_file import recorded_environment
from tests.runtime.runs import NAMES, Run, still_running
from tests.services.ground import answers


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    """A folder that the database's user can walk through; kept from one start to the next."""
    folder = Path(tempfile.mkdtemp(prefix="chargedesk-run-", dir=addresses.SOCKET_HOME))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def run(data_dir: Path) -> Iterator[Run]:
    started = Run(data_dir)
    try:
        started.wait_until_ready()
        yield started
    finally:
        if started.process.poll() is None:
            started.stop(signal.SIGTERM)


@pytest.mark.parametrize("name", NAMES)
def test_pid_files_name_living_processes(run: Run, name: str) -> None:
    assert psutil.pid_exists(run.pid(name))


@pytest.mark.parametrize("name", ["worker", "background"])
def test_worker_pid_is_the_parent_of_a_pool(run: Run, name: str) -> None:
    assert len(psutil.Process(run.pid(name)).children()) >= 2


def test_services_file_is_closed_to_others(run: Run) -> None:
    path = run.data_dir / "run" / "services.json"

    assert path.stat().st_mode & 0o077 == 0
    assert recorded_environment(run.data_dir)["SANDBOX_URL"] == ""


@pytest.mark.parametrize("name", ["web", "worker", "background", "beat", "redis", "postgres"])
def test_what_dies_is_back_within_five_seconds(run: Run, name: str) -> None:
    _kill_and_see_it_back(run, name)


def test_sandbox_that_dies_is_back_within_five_seconds() -> None:
    """It runs for the demo only; that its loading is cut short here does not matter."""
    folder = Path(tempfile.mkdtemp(prefix="chargedesk-demo-", dir=addresses.SOCKET_HOME))
    folder.chmod(0o711)
    run = Run(folder, with_demo=True)
    try:
        run.wait_until_ready()
        _kill_and_see_it_back(run, "sandbox")
        assert processes.wait_until(
            lambda: answers(f"http://127.0.0.1:{run.demo['SANDBOX_PORT']}/_control/health"),
            timeout_s=60,
        ), run.said()
    finally:
        run.stop(signal.SIGTERM)
        shutil.rmtree(folder)


def _kill_and_see_it_back(run: Run, name: str) -> None:
    """The quickest of three counts: what else runs on the machine is not under test."""
    took_s = list[float]()
    while len(took_s) < 3 and min(took_s, default=math.inf) >= 5:
        took_s.append(_back_after(run, name))
        run.wait_until_ready()
    assert min(took_s) < 5, run.said()


def _back_after(run: Run, name: str) -> float:
    before, killed_at = run.pid(name), time.monotonic()
    os.kill(before, signal.SIGKILL)

    def is_back() -> bool:
        try:
            return run.pid(name) != before and psutil.pid_exists(run.pid(name))
        except (FileNotFoundError, ValueError):
            return False

    assert processes.wait_until(is_back, timeout_s=60), run.said()
    return time.monotonic() - killed_at


def test_second_runner_on_the_same_folder_is_refused(run: Run) -> None:
    second = Run(run.data_dir)

    assert second.process.wait(timeout=60) == 1
    assert "Another `make run`" in second.said()
    assert run.is_ready()


def test_taken_port_is_named(run: Run, tmp_path: Path) -> None:
    other = Run(tmp_path, port=run.port)

    assert other.process.wait(timeout=60) == 1
    assert f"Port {run.port} is in use" in other.said()
    assert f"make run PORT={run.port + 1}" in other.said()


def test_stop_signal_ends_everything_within_five_seconds(run: Run) -> None:
    below = run.descendants()

    assert run.stop(signal.SIGTERM) < 5
    assert run.process.returncode == 0
    assert still_running(below) == []
    assert list((run.data_dir / "run").glob("*.pid")) == []
    assert not (run.data_dir / "run" / "services.json").exists()


def test_what_does_not_obey_is_ended_within_five_seconds(data_dir: Path) -> None:
    frozen = Run(data_dir)
    frozen.wait_until_ready()
    below = frozen.descendants()
    for name in ("web", "worker", "background", "beat", "redis"):
        psutil.Process(frozen.pid(name)).suspend()

    assert frozen.stop(signal.SIGTERM) < 5
    assert still_running(below) == []


def test_killed_run_is_recovered_and_its_data_kept(data_dir: Path) -> None:
    first = Run(data_dir)
    first.wait_until_ready()
    owner = psycopg2.connect(recorded_environment(data_dir)["OWNER_DATABASE_URL"])
    with owner, owner.cursor() as cursor:
        cursor.execute("CREATE TABLE kept (id int)")
    owner.close()
    frozen = psutil.Process(first.pid("web"))
    # A frozen program cannot obey the signal it gets when the runner dies.
    frozen.suspend()
    first.process.kill()
    first.process.wait()

    second = Run(data_dir)
    second.wait_until_ready()
    again = psycopg2.connect(recorded_environment(data_dir)["OWNER_DATABASE_URL"])
    with again, again.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM kept")
        assert cursor.fetchone() == (0,)
    again.close()

    assert f"Stopped web of a killed run (process {frozen.pid})" in second.said()
    assert not frozen.is_running()
    assert second.stop(signal.SIGHUP) < 5


def test_stop_signal_during_the_start_leaves_nothing(data_dir: Path) -> None:
    run = Run(data_dir)
    # Whoever stops it before it has begun stops Python itself.
    assert processes.wait_until(lambda: bool(run.descendants()), timeout_s=60)
    time.sleep(0.5)
    below = run.descendants()

    assert run.stop(signal.SIGINT) < 5
    assert still_running(below) == []


def test_half_made_database_folder_is_cleared(data_dir: Path) -> None:
    folder = data_dir / "half"
    folder.mkdir(mode=0o755)
    (folder / "postgres.unfinished").mkdir()
    (folder / "postgres.unfinished" / "PG_VERSION").touch()
    (folder / "postgres").mkdir()
    said: list[str] = []

    with PrivateServices(folder, say=said.append) as services:
        psycopg2.connect(services.owner_database_url).close()

    assert any("could not finish" in sentence for sentence in said)
    assert any("not a whole PostgreSQL data folder" in sentence for sentence in said)


def test_foreign_database_without_its_owner_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="OWNER_DATABASE_URL is not"):
        PrivateServices(tmp_path, configured={"DATABASE_URL": "postgres://app@db.example/x"})


def test_port_with_a_listener_is_not_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert not addresses.is_port_free(listener.getsockname()[1])
