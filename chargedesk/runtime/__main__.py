"""`python -m chargedesk.runtime`: what `make run` executes."""

import sys

from chargedesk.runtime.errors import RuntimeSetupError
from chargedesk.runtime.run_config import read_config
from chargedesk.runtime.runner import Runner


def main() -> int:
    """Run until stopped; return the exit code."""
    try:
        Runner(read_config()).run()
    except RuntimeSetupError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
