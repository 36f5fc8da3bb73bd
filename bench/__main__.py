"""Runs every measurement, prints one table and writes the results file."""

import argparse
import os
import sys
from pathlib import Path

from bench import data_set, figures
from bench.ground import ROOT, Ground, say

_PARTS = ("card", "webhook", "event", "backfill")


def main() -> int:
    """Measure; 1 if an aim does not hold."""
    options = _options()
    data_dir = Path(os.environ.get("DATA_DIR") or ROOT / "var").resolve()
    ground = Ground(data_dir / "bench")
    with ground.running():
        found = _measured(ground, options)
    sys.stdout.write(figures.table(found))
    if options.only is None and not options.quick:
        figures.write(found, figures.RESULTS)
        sys.stdout.write(f"written to {figures.RESULTS}\n")
    return 0 if all(figure.holds for figure in found) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small data set; writes no file")
    parser.add_argument("--only", choices=_PARTS, help="one part; writes no file")
    return parser.parse_args()


def _measured(ground: Ground, options: argparse.Namespace) -> list[figures.Figure]:
    # Late, because Django has to be ready.
    from bench import parts  # noqa: PLC0415

    company = data_set.kept_company(ground, data_set.QUICK if options.quick else data_set.FULL)
    found: list[figures.Figure] = []
    for name, measure in parts.PARTS.items():
        if options.only in (None, name):
            say(f"measuring: {name}")
            found += measure(ground, company)
    return found


if __name__ == "__main__":
    sys.exit(main())
