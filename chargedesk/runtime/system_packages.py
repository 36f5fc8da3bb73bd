"""Programs and libraries that wheels cannot bring: installs them where it may, or says the line."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from ctypes.util import find_library
from dataclasses import dataclass
from pathlib import Path

from chargedesk.runtime.errors import RuntimeSetupError
from chargedesk.runtime.terminal import say


@dataclass(frozen=True)
class SystemNeed:
    """What we look for, and the Debian packages that bring it."""

    label: str
    is_there: Callable[[], bool]
    packages: tuple[str, ...]


def chromium_program() -> str | None:
    """Return the path of a Chromium, or None."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


NEEDS = {
    "chromium": SystemNeed(
        label="Chromium, for the browser tests",
        is_there=lambda: chromium_program() is not None,
        packages=("chromium",),
    ),
    "pango": SystemNeed(
        label="Pango, for PDF documents",
        is_there=lambda: find_library("pango-1.0") is not None,
        packages=("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"),
    ),
}


def install_missing(names: list[str]) -> None:
    """Install what is missing of the named needs; `RuntimeSetupError` says the line to run."""
    missing = [NEEDS[name] for name in names if not NEEDS[name].is_there()]
    if not missing:
        return
    packages = [package for need in missing for package in need.packages]
    labels = "; ".join(need.label for need in missing)
    line = f"sudo apt-get update && sudo apt-get install -y {' '.join(packages)}"
    prefix = _installer_prefix()
    if prefix is None:
        raise RuntimeSetupError(f"Missing on this system: {labels}. Install it:\n  {line}")
    say(f"Installing {labels}")
    for command in (
        ["update", "-qq"],
        ["install", "-y", "-qq", "--no-install-recommends", *packages],
    ):
        outcome = subprocess.run(
            [*prefix, "apt-get", *command],
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if outcome.returncode != 0:
            raise RuntimeSetupError(
                f"apt-get {command[0]} failed:\n{outcome.stderr.strip()}\n"
                f"Try it yourself:\n  {line}"
            )


def _installer_prefix() -> list[str] | None:
    if not Path("/etc/debian_version").exists() or not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if (
        sudo
        and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0
    ):
        return [sudo, "-n"]
    return None


if __name__ == "__main__":
    try:
        install_missing(sys.argv[1:])
    except RuntimeSetupError as error:
        sys.exit(str(error))
