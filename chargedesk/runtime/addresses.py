"""Addresses of private services: free loopback ports, short socket folders, passwords."""

import hashlib
import os
import secrets
import socket
import stat
import tempfile
from pathlib import Path

# Socket names end at about 100 characters, and data folders may be deep: sockets live here.
SOCKET_HOME = Path("/tmp")  # noqa: S108
LOOPBACK = "127.0.0.1"


def new_password() -> str:
    """Return a random password that needs no quoting in an address."""
    return secrets.token_hex(24)


def socket_folder(data_dir: Path, *, owners: set[int]) -> Path:
    """Make or find a folder of mode 0700, always the same for a data folder, with a short name.

    A folder of that name that belongs to nobody in `owners` is a trap or a clash, and is avoided.
    """
    folder = SOCKET_HOME / f"chargedesk-{os.geteuid()}-{short_id(data_dir)}"
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in owners:
            return Path(tempfile.mkdtemp(prefix="chargedesk-", dir=SOCKET_HOME))
        folder.chmod(0o700)
    return folder


def free_port() -> int:
    """Return a loopback port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def is_port_free(port: int) -> bool:
    """Tell whether we could listen on the loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def short_id(folder: Path) -> str:
    """Return eight letters that tell one data folder from another."""
    return hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:8]
