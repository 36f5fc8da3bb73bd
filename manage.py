"""Django's command line. Without DATABASE_URL it uses the services of a running `make run`."""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    """Run the command named in `sys.argv`."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chargedesk.settings.local")
    # Commands send tasks, so the configured Celery application has to be there.
    import chargedesk.celery  # noqa: F401, PLC0415

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
