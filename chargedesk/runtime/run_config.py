"""What the person who types `make run` can choose, read from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chargedesk.runtime.errors import RuntimeSetupError

ROOT = Path(__file__).resolve().parents[2]
HIGHEST_PORT = 65535


@dataclass(frozen=True)
class RunConfig:
    """PORT, SANDBOX_PORT, DATA_DIR, DEMO, and the addresses of services that are not ours."""

    port: int
    sandbox_port: int
    data_dir: Path
    demo: bool
    configured: Mapping[str, str]

    @property
    def base_url(self) -> str:
        """Where the product answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def sandbox_url(self) -> str:
        """Where the provider simulators answer."""
        return f"http://127.0.0.1:{self.sandbox_port}"


def read_config(environ: Mapping[str, str] = os.environ) -> RunConfig:
    """Return the choices, with defaults for what is not set; raises `RuntimeSetupError`."""
    ours = ("DATABASE_URL", "OWNER_DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ENCRYPTION_KEYS")
    return RunConfig(
        port=_port(environ, "PORT", 8000),
        sandbox_port=_port(environ, "SANDBOX_PORT", 8010),
        data_dir=Path(environ.get("DATA_DIR") or ROOT / "var").resolve(),
        demo=environ.get("DEMO", "1").lower() not in {"", "0", "false", "no", "off"},
        configured={name: environ[name] for name in ours if environ.get(name)},
    )


def _port(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name) or str(default)
    if not text.isdecimal() or not 0 < int(text) <= HIGHEST_PORT:
        raise RuntimeSetupError(f"{name}={text} is not a port number.")
    return int(text)
