"""A private Redis on loopback: broker, cache and heartbeat, nothing that must last."""

import os
import subprocess
import time
from pathlib import Path

import redis

from chargedesk.runtime import addresses, processes
from chargedesk.runtime.binaries import redis_server
from chargedesk.runtime.errors import RuntimeSetupError

READY_WITHIN_S = 20


def pid_path(data_dir: Path) -> Path:
    """Return where the pid of a data folder's server is written."""
    return data_dir / "run" / "redis.pid"


def mark(data_dir: Path) -> str:
    """Return the text that the server's command line always shows."""
    return str(_config_path(data_dir))


class PrivateRedis:
    """One private server; its address is known before it starts."""

    label = "Redis"

    def __init__(self, data_dir: Path, *, password: str) -> None:
        self.port = addresses.free_port()
        self.pid_path = pid_path(data_dir)
        self._password = password
        self._config_path = _config_path(data_dir)
        self._log_path = data_dir / "log" / "redis.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Return the address, password included."""
        return f"redis://:{self._password}@{addresses.LOOPBACK}:{self.port}/0"

    def start(self) -> None:
        """Start the server and wait until it answers; raises `RuntimeSetupError`."""
        # A file, because a command line shows the password to everyone on the machine.
        processes.write_atomically(self._config_path, self._config(), mode=0o600)
        self._process = processes.start(self._program)
        client = redis.Redis.from_url(self.url, socket_timeout=1)
        deadline = time.monotonic() + READY_WITHIN_S
        while True:
            try:
                client.ping()
            except redis.RedisError as error:
                if not self.is_running() or time.monotonic() > deadline:
                    raise RuntimeSetupError(
                        f"Redis did not start. The end of {self._log_path}:\n"
                        f"{processes.tail(self._log_path)}"
                    ) from error
                time.sleep(0.02)
            else:
                client.close()
                return

    def is_running(self) -> bool:
        """Tell whether the server process lives."""
        return self._process is not None and self._process.poll() is None

    def stop(self, *, patience_s: float = 3.0) -> None:
        """Stop the server."""
        if self._process is not None:
            processes.stop(self._process, self._program, patience_s=patience_s)
            self._process = None

    @property
    def _program(self) -> processes.Program:
        return processes.Program(
            name="redis",
            command=[str(redis_server()), str(self._config_path)],
            mark=str(self._config_path),
            log_path=self._log_path,
            pid_path=self.pid_path,
            env={"PATH": os.defpath},
            cwd=self._config_path.parent,
        )

    def _config(self) -> str:
        # noeviction: a full Redis refuses loudly instead of forgetting tasks.
        return (
            f"bind {addresses.LOOPBACK}\n"
            f"port {self.port}\n"
            f"requirepass {self._password}\n"
            "maxmemory-policy noeviction\n"
            'save ""\n'
            "appendonly no\n"
            "daemonize no\n"
            # The title keeps the path by which a later start recognises this process.
            'proc-title-template "redis-server {config-file}"\n'
        )


def _config_path(data_dir: Path) -> Path:
    return data_dir / "redis" / "redis.conf"
