"""A figure, the table of all, and the results file."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

RESULTS = Path(__file__).with_name("results.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured value with its aim; all of ours are better the lower they are.

    `value` is a ratio of CPU times, or a count. `against` names the peer or floor and what it
    spent. `ours` and `wall` are for the table alone: what we spent, and the clock beside it.
    """

    name: str
    value: float
    aim: float
    against: str
    ours: str = ""
    wall: str = ""

    @property
    def holds(self) -> bool:
        """Whether the aim is met, as written: by the rounded value."""
        return self.rounded <= self.aim

    @property
    def rounded(self) -> float:
        """Four decimals are more than any machine repeats."""
        return round(self.value, 4)

    def plain(self) -> dict[str, object]:
        """As the results file promises it."""
        return {
            "name": self.name,
            "value": self.rounded,
            "aim": round(self.aim, 4),
            "better": "lower",
            "holds": self.holds,
            "against": self.against,
        }


def write(figures: Sequence[Figure], path: Path) -> None:
    """Write the results file."""
    plain = {"figures": [figure.plain() for figure in figures]}
    path.write_text(json.dumps(plain, indent=1) + "\n")


def table(figures: Sequence[Figure]) -> str:
    """All figures, one line each."""
    head = ("figure", "value", "aim", "holds", "ours", "against", "wall-clock median")
    rows = [head, *(_row(figure) for figure in figures)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(head))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]]) + "\n"


def _row(figure: Figure) -> tuple[str, ...]:
    return (
        figure.name,
        f"{figure.rounded:g}",
        f"<= {figure.aim:.4g}",
        "yes" if figure.holds else "NO",
        figure.ours,
        figure.against,
        figure.wall,
    )
