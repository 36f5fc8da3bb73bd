"""Which system user runs PostgreSQL, which refuses to run as root, and what that user can reach."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from chargedesk.runtime.errors import RuntimeSetupError

ROOT_HOME = Path("/var/lib/chargedesk")
# The first that exists: the packaged server's own account, else the account that owns nothing.
CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """The user PostgreSQL runs as; `uid` is None where that is simply the current user."""

    name: str
    uid: int | None = None
    gid: int | None = None

    @property
    def owners(self) -> set[int]:
        """User ids whose files this user or its starter may have made."""
        return {os.geteuid(), self.uid if self.uid is not None else os.geteuid()}

    def can_enter(self, folder: Path) -> bool:
        """Tell whether this user may open files below the folder."""
        if self.uid is None:
            return os.access(folder, os.X_OK)
        # Asked as that user: modes, groups and access lists all count, and only the system knows.
        return (
            subprocess.run(
                ["/bin/sh", "-c", 'test -x "$1"', "sh", str(folder)],
                user=self.uid,
                group=self.gid,
                extra_groups=[],
                cwd="/",
                check=False,
            ).returncode
            == 0
        )

    def own(self, folder: Path) -> None:
        """Make the folder if missing, hand it to this user and close it to everyone else."""
        folder.mkdir(parents=True, exist_ok=True)
        if self.uid is not None and self.gid is not None:
            os.chown(folder, self.uid, self.gid)
        folder.chmod(0o700)


def database_account() -> Account:
    """Return the current user, or as root an unprivileged one; raises `RuntimeSetupError`."""
    if os.geteuid() != 0:
        return Account(name=str(os.geteuid()))
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise RuntimeSetupError(
        "PostgreSQL does not run as root, and this system has neither the user postgres nor "
        "nobody. Start as a normal user."
    )


def reachable_install(install: Path, account: Account) -> Path:
    """Return the install, or a copy of it where the account can run its programs."""
    if account.can_enter(install / "bin") and account.can_enter(install / "share"):
        return install
    copy = ROOT_HOME / "programs" / _copy_name(install) / install.parent.name / install.name
    if not copy.exists():
        _copy_whole(install, copy)
    return copy


def _copy_name(install: Path) -> str:
    # Another build of the wheel is another copy, however it is called.
    program = (install / "bin" / "postgres").stat()
    return f"{install.name}-{program.st_size:x}-{int(program.st_mtime):x}"


def _copy_whole(install: Path, copy: Path) -> None:
    # The programs look for their libraries beside the package, so its neighbour comes along.
    home = copy.parents[1]
    unfinished = home.with_name(f"{home.name}.{os.getpid()}")
    for folder in (ROOT_HOME, ROOT_HOME / "programs"):
        folder.mkdir(mode=0o755, exist_ok=True)
    shutil.copytree(
        install,
        unfinished / install.parent.name / install.name,
        ignore=shutil.ignore_patterns("include"),
    )
    libraries = install.parent.with_name(f"{install.parent.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, unfinished / libraries.name)
    for folder in (unfinished, unfinished / install.parent.name):
        folder.chmod(0o755)
    try:
        unfinished.rename(home)
    except OSError:
        # Another start was faster; its copy is as good.
        shutil.rmtree(unfinished)
