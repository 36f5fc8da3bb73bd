"""M2: a server that may forget what it acknowledged is refused before anything is asked of it."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from chargedesk.runtime import accounts, addresses, processes
from chargedesk.runtime.binaries import postgres_install
from chargedesk.runtime.database_roles import prepare_database
from chargedesk.runtime.errors import RuntimeSetupError
from chargedesk.runtime.services import PrivateServices
from tests.services.ground import ROOT


@pytest.fixture(scope="module")
def forgetful() -> Iterator[PrivateServices]:
    """A private server, prepared well and then started again with fsync off."""
    folder = Path(tempfile.mkdtemp(prefix="chargedesk-run-", dir=addresses.SOCKET_HOME))
    folder.chmod(0o711)
    services = PrivateServices(folder)
    with services:
        prepare_database(owner_url=services.owner_database_url, app_url=services.database_url)
    postgres = services.postgres
    postgres.account.own(postgres.socket_folder)
    safe = postgres._program(accounts.reachable_install(postgres_install(), postgres.account))
    program = replace(safe, command=[*safe.command, "-c", "fsync=off"])
    process = processes.start(program)
    assert processes.wait_until(
        lambda: any(postgres.socket_folder.glob(".s.PGSQL.*[0-9]")), timeout_s=60
    )
    yield services
    processes.stop(process, program, patience_s=5)
    shutil.rmtree(postgres.socket_folder, ignore_errors=True)
    shutil.rmtree(folder)


def test_preparing_refuses_it(forgetful: PrivateServices) -> None:
    with pytest.raises(RuntimeSetupError, match="fsync=off"):
        prepare_database(owner_url=forgetful.owner_database_url, app_url=forgetful.database_url)


def test_every_process_refuses_it_at_its_first_connection(forgetful: PrivateServices) -> None:
    outcome = subprocess.run(
        [sys.executable, "manage.py", "showmigrations"],
        cwd=ROOT,
        env={**os.environ, **forgetful.environment},
        capture_output=True,
        text=True,
        check=False,
    )

    assert outcome.returncode != 0
    assert "fsync=off" in outcome.stderr
