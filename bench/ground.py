"""What a run stands on: PostgreSQL, Redis and the sandbox of its own, kept below DATA_DIR/bench."""

import hashlib
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import requests
from psycopg2 import sql

from chargedesk.runtime import addresses, processes
from chargedesk.runtime.database_roles import prepare_database
from chargedesk.runtime.postgres import PORT, SUPERUSER
from chargedesk.runtime.services import PrivateServices

ROOT = Path(__file__).resolve().parents[1]
_READY_WITHIN_S = 60
_PATIENCE_S = 5


class Ground:
    """The services of one run; the data set stays for the next."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.services = PrivateServices(folder, say=say)
        self.sandbox_url = f"http://{addresses.LOOPBACK}:{addresses.free_port()}"

    @contextmanager
    def running(self) -> Iterator[None]:
        """Services up and migrated, sandbox empty, Django ready."""
        self._forget_other_tables()
        with self.services, self._sandbox():
            prepare_database(
                owner_url=self.services.owner_database_url, app_url=self.services.database_url
            )
            self._migrate()
            self._set_up_django()
            yield

    def control(self, method: str, name: str, **order: Any) -> dict[str, Any]:
        """Steer the sandbox."""
        response = requests.request(
            method,
            f"{self.sandbox_url}/_control/{name}",
            params=order if method == "GET" else None,
            json={"provider": "stripe", **order} if method == "POST" else None,
            timeout=300,
        )
        response.raise_for_status()
        answer: dict[str, Any] = response.json()
        return answer

    def peer_database(self, name: str) -> str:
        """The address of a peer's database, made empty if it is not there yet."""
        superuser = psycopg2.connect(
            host=str(self.services.postgres.socket_folder),
            port=PORT,
            user=SUPERUSER,
            password=self.services.secrets.superuser_password,
            dbname=SUPERUSER,
        )
        with closing(superuser) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT FROM pg_database WHERE datname = %s", [name])
                if cursor.fetchone() is None:
                    make = sql.SQL("CREATE DATABASE {} OWNER owner")
                    cursor.execute(make.format(sql.Identifier(name)))
        return f"{self.services.owner_database_url.rpartition('/')[0]}/{name}"

    def _forget_other_tables(self) -> None:
        """Begin anew where an earlier run's tables were made by other migrations."""
        record = self.folder / "migrations.sha256"
        fingerprint = _fingerprint()
        if record.exists() and record.read_text() == fingerprint:
            return
        shutil.rmtree(self.services.postgres.folder, ignore_errors=True)
        for data_set in self.folder.glob("data-set-*.json"):
            data_set.unlink()
        record.write_text(fingerprint)

    def _migrate(self) -> None:
        subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), "migrate", "--verbosity", "0"],
            env={
                **os.environ,
                **self._environment,
                "DJANGO_SETTINGS_MODULE": "chargedesk.settings.local",
            },
            cwd=ROOT,
            check=True,
        )

    @property
    def _environment(self) -> dict[str, str]:
        return {
            **self.services.environment,
            "DJANGO_SETTINGS_MODULE": "bench.settings",
            "SANDBOX_URL": self.sandbox_url,
            "LOG_LEVEL": "ERROR",
        }

    def _set_up_django(self) -> None:
        os.environ.update(self._environment)
        # Late, because settings read the variables that were set above.
        import django  # noqa: PLC0415

        import chargedesk.celery  # noqa: F401, PLC0415  what is woken goes to this run's broker

        django.setup()

    @contextmanager
    def _sandbox(self) -> Iterator[None]:
        # A state of its own: what an earlier run left there would only be in the way.
        folder = self.folder / f"sandbox-{secrets.token_hex(4)}"
        program = processes.Program(
            name="sandbox",
            command=[
                *(sys.executable, "-m", "sandbox", "--host", addresses.LOOPBACK),
                *("--port", self.sandbox_url.rpartition(":")[2]),
                *("--data-dir", str(folder), "--seed", "empty"),
            ],
            mark=str(folder),
            log_path=self.folder / "log" / "sandbox.log",
            pid_path=self.folder / "run" / "sandbox.pid",
            env={"PATH": os.environ.get("PATH", os.defpath)},
            cwd=ROOT,
        )
        process = processes.start(program)
        try:
            if not processes.wait_until(self._sandbox_answers, timeout_s=_READY_WITHIN_S):
                raise RuntimeError(f"no sandbox:\n{processes.tail(program.log_path)}")
            yield
        finally:
            processes.stop(process, program, patience_s=_PATIENCE_S)
            for file in sorted(folder.glob("**/*"), reverse=True):
                file.unlink()
            folder.rmdir()

    def _sandbox_answers(self) -> bool:
        try:
            return requests.get(f"{self.sandbox_url}/_control/health", timeout=2).ok
        except requests.RequestException:
            return False


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for migration in sorted(
        [*ROOT.glob("*/migrations/*.py"), *ROOT.glob("chargedesk/*/migrations/*.py")]
    ):
        digest.update(migration.read_bytes())
    return digest.hexdigest()


def say(sentence: str) -> None:
    """Tell the person who waits."""
    sys.stderr.write(f"bench: {sentence}\n")
    sys.stderr.flush()
