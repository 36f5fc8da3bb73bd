"""Secrets of one data folder: made at the first start, kept in a file only its owner reads."""

import base64
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from chargedesk.runtime import addresses
from chargedesk.runtime.errors import RuntimeSetupError
from chargedesk.runtime.processes import write_atomically


@dataclass(frozen=True)
class Secrets:
    """What a private installation must remember from one start to the next.

    `installation` names what belongs to this folder but cannot be stored in it.
    """

    installation: str
    secret_key: str
    encryption_keys: str
    superuser_password: str
    owner_password: str
    app_password: str
    redis_password: str


def kept_secrets(data_dir: Path) -> Secrets:
    """Return the folder's secrets, making them at the first call; raises `RuntimeSetupError`."""
    path = data_dir / "secrets.json"
    if path.exists():
        try:
            return Secrets(**json.loads(path.read_text()))
        except (ValueError, TypeError) as error:
            raise RuntimeSetupError(
                f"{path} is not readable, and without it the stored credentials are lost. "
                "Restore the file, or start with another DATA_DIR."
            ) from error
    made = new_secrets()
    write_atomically(path, json.dumps(asdict(made), indent=1), mode=0o600)
    return made


def new_secrets() -> Secrets:
    """Return fresh random secrets."""
    return Secrets(
        installation=addresses.new_password()[:12],
        secret_key=addresses.new_password(),
        encryption_keys=base64.urlsafe_b64encode(os.urandom(32)).decode(),
        superuser_password=addresses.new_password(),
        owner_password=addresses.new_password(),
        app_password=addresses.new_password(),
        redis_password=addresses.new_password(),
    )
