"""Django's command line. Without DATABASE_URL it uses the services of a running `make run`."""

import os
import sys
from pathlib import Path

# These read declarations and code only, so they work on a bare checkout.
NEEDS_NO_DATABASE = {
    "capability_matrix",
    "check",
    "collectstatic",
    "compilemessages",
    "diffsettings",
    "gateways",
    "help",
    "helpdesks",
    "makemessages",
    "makemigrations",
    "spectacular",
    "update_messages",
    "version",
}
# Only these change tables, and only the role `owner` may.
RUNS_AS_OWNER = {"migrate", "sqlmigrate"}


def main() -> None:
    """Run the command named in `sys.argv`; exit 2 if the services it needs do not run."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chargedesk.settings.local")
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    if not os.environ.get("DATABASE_URL") and not _is_local(command):
        _use_recorded_services()
    if command in RUNS_AS_OWNER and os.environ.get("OWNER_DATABASE_URL"):
        os.environ["DATABASE_URL"] = os.environ["OWNER_DATABASE_URL"]

    # Late, because settings read the variables that were set above.
    from django.core.management import execute_from_command_line  # noqa: PLC0415

    # Commands send tasks, so the configured Celery application has to be there.
    import chargedesk.celery  # noqa: F401, PLC0415

    execute_from_command_line(sys.argv)


def _is_local(command: str) -> bool:
    return command in NEEDS_NO_DATABASE or command.startswith("-") or "--help" in sys.argv


def _use_recorded_services() -> None:
    from chargedesk.runtime.errors import ServicesNotRunningError  # noqa: PLC0415
    from chargedesk.runtime.services_file import recorded_environment  # noqa: PLC0415

    data_dir = Path(os.environ.get("DATA_DIR") or Path(__file__).parent / "var")
    try:
        recorded = recorded_environment(data_dir.resolve())
    except ServicesNotRunningError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
    for name, value in recorded.items():
        os.environ.setdefault(name, value)


if __name__ == "__main__":
    main()
