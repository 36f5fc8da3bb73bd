"""`$DATA_DIR/run/services.json`: how commands find the services of a running `make run`."""

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path

import psycopg2
import redis

from chargedesk.runtime.errors import ServicesNotRunningError
from chargedesk.runtime.processes import write_atomically


def services_path(data_dir: Path) -> Path:
    """Return where the file of this data folder is."""
    return data_dir / "run" / "services.json"


def record_services(data_dir: Path, environment: Mapping[str, str]) -> None:
    """Write the variables that lead a program to the services; they hold passwords."""
    text = json.dumps({"environment": dict(environment)}, indent=1) + "\n"
    write_atomically(services_path(data_dir), text, mode=0o600)


def forget_services(data_dir: Path) -> None:
    """Remove the file, because the services stop."""
    services_path(data_dir).unlink(missing_ok=True)


def recorded_environment(data_dir: Path) -> dict[str, str]:
    """Return the recorded variables if both services answer; raises `ServicesNotRunningError`."""
    path = services_path(data_dir)
    try:
        environment: dict[str, str] = json.loads(path.read_text())["environment"]
    except (FileNotFoundError, ValueError, KeyError) as error:
        raise ServicesNotRunningError(
            f"No services are running for {data_dir}. Start them with `make run`, or set "
            "DATABASE_URL and REDIS_URL."
        ) from error
    try:
        psycopg2.connect(environment["DATABASE_URL"], connect_timeout=3).close()
        with contextlib.closing(redis.Redis.from_url(environment["REDIS_URL"])) as client:
            client.ping()
    except (psycopg2.OperationalError, redis.RedisError) as error:
        raise ServicesNotRunningError(
            f"The services recorded in {path} do not answer. Start them with `make run`."
        ) from error
    return environment
