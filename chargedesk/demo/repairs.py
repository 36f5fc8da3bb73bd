"""What the demo company's own system sold: repairs, told to us as any system tells its records."""

from dataclasses import dataclass
from datetime import timedelta

_PEOPLE = (
    ("w-401", "Rosa Lindgren", "rosa.lindgren@example.com"),
    ("w-402", "Emma Johnson", "emma.johnson@example.net"),
    ("w-403", "Tomas Novak", "tomas.novak@example.org"),
    ("w-404", "Ines Carvalho", "ines.carvalho@example.com"),
)
_WORK = (
    ("Zip replaced", 2400),
    ("Boots resoled", 6900),
    ("Jacket waterproofed", 3200),
    ("Tent pole mended", 1850),
    ("Backpack strap sewn", 2150),
    ("Sleeping bag washed", 3900),
)
_MADE = 28


@dataclass(frozen=True, slots=True)
class Repair:
    """One paid repair; `before` is how long ago."""

    id: str
    customer: str
    name: str
    email: str
    description: str
    amount: int
    before: timedelta


def repairs() -> list[Repair]:
    """All of them, the newest first."""
    made = []
    for number in range(_MADE):
        customer, name, email = _PEOPLE[number % len(_PEOPLE)]
        work, amount = _WORK[number % len(_WORK)]
        made.append(
            Repair(
                f"repair-{9000 - number}",
                customer,
                name,
                email,
                work,
                amount,
                timedelta(days=1 + 4 * number, hours=number % 7),
            )
        )
    return made
