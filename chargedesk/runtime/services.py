"""PostgreSQL and Redis for one data folder, as a context manager for the runner and the tests.

with PrivateServices(data_dir) as services:
    services.owner_database_url, services.database_url, services.redis_url
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from chargedesk.runtime.errors import RuntimeSetupError
from chargedesk.runtime.postgres import PrivatePostgres
from chargedesk.runtime.redis_server import PrivateRedis
from chargedesk.runtime.secret_file import kept_secrets


class PrivateServices:
    """Both private services; their addresses are known before they start.

    `configured` holds variables somebody set: a service that has an address there is theirs, and is
    neither started nor stopped here.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        configured: Mapping[str, str] | None = None,
        say: Callable[[str], None] = lambda _sentence: None,
    ) -> None:
        self.data_dir = data_dir.resolve()
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self.secrets = kept_secrets(self.data_dir)
        self._say = say
        self._configured = {name: value for name, value in (configured or {}).items() if value}
        if "DATABASE_URL" in self._configured and "OWNER_DATABASE_URL" not in self._configured:
            raise RuntimeSetupError(
                "DATABASE_URL is set, OWNER_DATABASE_URL is not. Set both: the first for the role "
                "app, the second for the role that owns the database. Or set neither."
            )
        self.postgres = PrivatePostgres(self.data_dir, secrets=self.secrets, say=say)
        self.redis = PrivateRedis(self.data_dir, password=self.secrets.redis_password)

    @property
    def database_url(self) -> str:
        """Return PostgreSQL's address for the role `app`."""
        return self.environment["DATABASE_URL"]

    @property
    def owner_database_url(self) -> str:
        """Return PostgreSQL's address for the role `owner`."""
        return self.environment["OWNER_DATABASE_URL"]

    @property
    def redis_url(self) -> str:
        """Return Redis's address."""
        return self.environment["REDIS_URL"]

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables that lead our programs to these services."""
        own = {
            "DATABASE_URL": self.postgres.app_url,
            "OWNER_DATABASE_URL": self.postgres.owner_url,
            "REDIS_URL": self.redis.url,
            "SECRET_KEY": self.secrets.secret_key,
            "ENCRYPTION_KEYS": self.secrets.encryption_keys,
            "DATA_DIR": str(self.data_dir),
        }
        return {name: self._configured.get(name, value) for name, value in own.items()}

    def start(self) -> None:
        """Start what nobody configured; raises `RuntimeSetupError`, and then nothing is left."""
        try:
            for service in self._private:
                service.start()
        except BaseException:
            self.stop()
            raise

    def revive(self) -> None:
        """Start again what has died; raises `RuntimeSetupError` when it does not come up."""
        for service in self._private:
            if not service.is_running():
                self._say(f"{service.label} has died; starting it again")
                service.start()

    def stop(self, *, patience_s: float = 3.0) -> None:
        """Stop what was started; each gets at most this long to do it in order."""
        for service in reversed(self._private):
            service.stop(patience_s=patience_s)

    @property
    def _private(self) -> list[PrivatePostgres | PrivateRedis]:
        services: list[PrivatePostgres | PrivateRedis] = []
        if "DATABASE_URL" not in self._configured:
            services.append(self.postgres)
        if "REDIS_URL" not in self._configured:
            services.append(self.redis)
        return services

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
