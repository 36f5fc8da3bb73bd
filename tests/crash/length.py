"""How long the suite plays: twenty rounds with every other test, hundreds in `make crash`."""

import os

ROUNDS = int(os.environ.get("CRASH_ROUNDS", "20"))
SEED = os.environ.get("CRASH_SEED", "20261122")
IN_A_SEASON = 20
IS_LONG = ROUNDS > IN_A_SEASON
