"""PostgreSQL and Redis for one data folder, as a context manager for the runner and the tests.

with PrivateServices(data_dir) as services:
    services.owner_database_url, services.database_url, services.redis_url
"""

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from chargedesk.runtime.postgres import Passwords, PrivatePostgres
from chargedesk.runtime.redis_server import PrivateRedis
from chargedesk.runtime.secret_file import kept_secrets


class PrivateServices:
    """Both private services; their addresses are known before they start."""

    def __init__(
        self, data_dir: Path, *, say: Callable[[str], None] = lambda _sentence: None
    ) -> None:
        self.data_dir = data_dir.resolve()
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self.secrets = kept_secrets(self.data_dir)
        self.postgres = PrivatePostgres(
            self.data_dir,
            passwords=Passwords(
                superuser=self.secrets.superuser_password,
                owner=self.secrets.owner_password,
                app=self.secrets.app_password,
            ),
            say=say,
        )
        self.redis = PrivateRedis(self.data_dir, password=self.secrets.redis_password)

    @property
    def database_url(self) -> str:
        """Return PostgreSQL's address for the role `app`."""
        return self.postgres.app_url

    @property
    def owner_database_url(self) -> str:
        """Return PostgreSQL's address for the role `owner`."""
        return self.postgres.owner_url

    @property
    def redis_url(self) -> str:
        """Return Redis's address."""
        return self.redis.url

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables that lead our programs to these services."""
        return {
            "DATABASE_URL": self.database_url,
            "OWNER_DATABASE_URL": self.owner_database_url,
            "REDIS_URL": self.redis_url,
            "SECRET_KEY": self.secrets.secret_key,
            "ENCRYPTION_KEYS": self.secrets.encryption_keys,
            "DATA_DIR": str(self.data_dir),
        }

    def start(self) -> None:
        """Start both; raises `RuntimeSetupError`, and then neither is left running."""
        try:
            self.postgres.start()
            self.redis.start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop both."""
        self.redis.stop()
        self.postgres.stop()

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
