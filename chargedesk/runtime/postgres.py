"""A private PostgreSQL: made once, started as a direct child, reached by a Unix socket only."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection  # noqa: N812

from chargedesk.runtime import accounts, addresses, processes
from chargedesk.runtime.binaries import POSTGRES_MAJOR, postgres_install
from chargedesk.runtime.errors import RuntimeSetupError
from chargedesk.runtime.secret_file import Secrets

DATABASE = "chargedesk"
SUPERUSER = "postgres"
PORT = 5432
READY_WITHIN_S = 60
AT_ONCE_S = 0.5
# Web, worker, beat, commands and a few tests beside them.
MAX_CONNECTIONS = 200


class PrivatePostgres:
    """One private server below a data folder; addresses are known before it starts.

    `say` receives one sentence for each thing worth telling the person who waits.
    """

    label = "PostgreSQL"

    def __init__(self, data_dir: Path, *, secrets: Secrets, say: Callable[[str], None]) -> None:
        self.account = accounts.database_account()
        self.socket_folder = addresses.socket_folder(data_dir, owners=self.account.owners)
        self.folder = _data_folder(data_dir, secrets.installation, self.account)
        self.pid_path = data_dir / "run" / "postgres.pid"
        self._log_path = data_dir / "log" / "postgres.log"
        self._secrets = secrets
        self._say = say
        self._process: subprocess.Popen[bytes] | None = None
        self._wanted_folder = data_dir / "postgres"

    @property
    def app_url(self) -> str:
        """Return the address for web and workers: role `app`."""
        return self._url("app", self._secrets.app_password)

    @property
    def owner_url(self) -> str:
        """Return the address for migrations: role `owner`."""
        return self._url("owner", self._secrets.owner_password)

    def start(self) -> None:
        """Make the server's data if there is none, start it, and see that role and database exist.

        Raises `RuntimeSetupError` with the end of the log when it does not come up.
        """
        if self.folder != self._wanted_folder:
            self._say(
                f"PostgreSQL runs as the user {self.account.name}, which cannot reach "
                f"{self._wanted_folder.parent}: its data is in {self.folder}"
            )
        install = accounts.reachable_install(postgres_install(), self.account)
        self.account.own(self.socket_folder)
        _set_aside_unfinished(self.folder, self._say)
        self._stop_leftover()
        if not self.folder.exists():
            self._say("Making a new PostgreSQL data folder (once)")
            self._initialise(install)
        self._process = processes.start(self._program(install))
        self._wait_until_ready()
        with contextlib.closing(self._superuser_connection(SUPERUSER)) as connection:
            _create_owner_and_database(connection, self._secrets.owner_password)

    def is_running(self) -> bool:
        """Tell whether the server process lives."""
        return self._process is not None and self._process.poll() is None

    def stop(self, *, patience_s: float = 3.0) -> None:
        """Shut down fast: end all sessions and leave clean data.

        If that takes too long, stop at once; the next start then repeats the last moments.
        """
        if self._process is not None:
            program = self._program(Path())
            self._process.send_signal(program.stop_signal)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=patience_s)
            at_once = replace(program, stop_signal=signal.SIGQUIT)
            processes.stop(self._process, at_once, patience_s=AT_ONCE_S)
            self._process = None
        shutil.rmtree(self.socket_folder, ignore_errors=True)

    def _url(self, role: str, password: str) -> str:
        host = quote(str(self.socket_folder), safe="")
        return f"postgres://{role}:{password}@{host}:{PORT}/{DATABASE}"

    def _program(self, install: Path) -> processes.Program:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket_folder),
            "unix_socket_permissions": "0700",
            "port": str(PORT),
            "max_connections": str(MAX_CONNECTIONS),
            "shared_buffers": f"{_cache_mib()}MB",
            # A money order that was acknowledged must survive a power cut (M2).
            "fsync": "on",
            "synchronous_commit": "on",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_line_prefix": "%m [%p] %u ",
            "log_checkpoints": "off",
        }
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        return processes.Program(
            name="postgres",
            command=[str(install / "bin" / "postgres"), "-D", str(self.folder), *options],
            mark=str(self.folder),
            log_path=self._log_path,
            pid_path=self.pid_path,
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
            cwd=Path("/"),
            # PostgreSQL's word for a fast shutdown.
            stop_signal=signal.SIGINT,
            uid=self.account.uid,
            gid=self.account.gid,
        )

    def _initialise(self, install: Path) -> None:
        # Under another name until it is whole: a start that was killed leaves no half folder.
        unfinished = _unfinished(self.folder)
        self.account.own(unfinished)
        password_file = self.socket_folder / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(self._secrets.superuser_password)
        if self.account.uid is not None and self.account.gid is not None:
            os.chown(password_file, self.account.uid, self.account.gid)
        outcome = subprocess.run(
            [
                str(install / "bin" / "initdb"),
                f"--pgdata={unfinished}",
                f"--username={SUPERUSER}",
                f"--pwfile={password_file}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--locale=C.UTF-8",
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
            user=self.account.uid,
            group=self.account.gid,
            extra_groups=None if self.account.uid is None else [],
        )
        password_file.unlink()
        if outcome.returncode != 0:
            raise RuntimeSetupError(
                f"initdb could not make {unfinished}:\n{outcome.stderr.strip()}"
            )
        unfinished.rename(self.folder)

    def _stop_leftover(self) -> None:
        lock = self.folder / "postmaster.pid"
        mark = str(self.folder)
        pid = processes.recorded_pid(lock, mark=mark)
        if pid is not None:
            self._say(f"Stopping the PostgreSQL of a killed run (process {pid})")
        # Our own check is stricter than the server's, which trusts any living process with that
        # number; so the lock goes with the process.
        processes.stop_leftover(lock, mark=mark, stop_signal=signal.SIGINT, patience_s=10)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        while True:
            try:
                self._superuser_connection(SUPERUSER).close()
            except psycopg2.OperationalError as error:
                if "password authentication failed" in str(error):
                    raise RuntimeSetupError(
                        f"The passwords in secrets.json do not fit {self.folder}. Restore the file "
                        "that was made with it, or start with another DATA_DIR."
                    ) from error
                if not self.is_running() or time.monotonic() > deadline:
                    raise RuntimeSetupError(
                        f"PostgreSQL did not start. The end of {self._log_path}:\n"
                        f"{processes.tail(self._log_path)}"
                    ) from error
                time.sleep(0.05)
            else:
                return

    def _superuser_connection(self, database: str) -> Connection:
        return psycopg2.connect(
            host=str(self.socket_folder),
            port=PORT,
            user=SUPERUSER,
            password=self._secrets.superuser_password,
            dbname=database,
            connect_timeout=5,
        )


def _data_folder(data_dir: Path, installation: str, account: accounts.Account) -> Path:
    data_dir.mkdir(parents=True, exist_ok=True)
    if account.uid is None or account.can_enter(data_dir):
        return data_dir / "postgres"
    # Named by the installation, so that a new start in an emptied data folder finds no old data.
    folder = accounts.ROOT_HOME / installation
    folder.mkdir(parents=True, exist_ok=True)
    for step in (accounts.ROOT_HOME, folder):
        step.chmod(0o755)
    return folder / "postgres"


def _unfinished(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.unfinished")


def _set_aside_unfinished(folder: Path, say: Callable[[str], None]) -> None:
    if _unfinished(folder).exists():
        say("Clearing a PostgreSQL data folder that an earlier start could not finish")
        shutil.rmtree(_unfinished(folder))
    if not folder.exists():
        return
    version = folder / "PG_VERSION"
    if not version.exists() or not (folder / "global" / "pg_control").exists():
        aside = folder.with_name(f"{folder.name}.broken-{int(time.time())}")
        say(f"{folder} is not a whole PostgreSQL data folder: moved to {aside}")
        folder.rename(aside)
    elif version.read_text().strip() != POSTGRES_MAJOR:
        raise RuntimeSetupError(
            f"{folder} was made by PostgreSQL {version.read_text().strip()}, this is "
            f"{POSTGRES_MAJOR}. Choose another DATA_DIR, or move that folder away."
        )


def _create_owner_and_database(connection: Connection, password: str) -> None:
    # CREATE DATABASE cannot run inside a transaction.
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = 'owner'")
        if cursor.fetchone() is None:
            cursor.execute("CREATE ROLE owner LOGIN CREATEROLE")
        cursor.execute(sql.SQL("ALTER ROLE owner PASSWORD {}").format(sql.Literal(password)))
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
        if cursor.fetchone() is None:
            cursor.execute(
                sql.SQL("CREATE DATABASE {} OWNER owner").format(sql.Identifier(DATABASE))
            )


def _cache_mib() -> int:
    """PostgreSQL's own cache: an eighth of the memory, because the rest of us lives here too."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min(max(memory // 8 // 2**20, 128), 1024)
