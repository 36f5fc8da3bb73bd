"""Keeps the results of the long runs in `docs/reference/`: random rounds, and named points."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chargedesk.actions.models import ActionIntent
from chargedesk.base import scoping
from chargedesk.kit import clock
from tests.crash.checker import consumed_faults
from tests.crash.rounds import Season
from tests.crash.town import Firm
from tests.crash.wishes import Wish
from tests.services.ground import ROOT

PAGE = ROOT / "docs" / "reference" / "crash-suite.md"
ROUNDS, POINTS = "Random rounds", "Named points"
_INTRODUCTION = """# The crash suite's last long runs

Written by `make crash`; what it proves is in `money-rules.md`, “Proof”. After every season the
provider's own account of the money is compared with ours, over all objects of all accounts, every
order's object with what was ordered, and the audit log is verified.
"""
_NONE = (
    "- Differences, doubles, orders shown as failed that happened, holds that stayed, faults that"
    " never struck: none"
)


@dataclass
class Record:
    """What happened in the random rounds."""

    seed: str
    rounds: int = 0
    wishes: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    gateways: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    orders: Counter[str] = field(default_factory=Counter)
    refunds: int = 0

    def add(self, season: Season) -> None:
        """Count a season that was found clean."""
        self.rounds += season.rounds
        self.wishes += season.callers.orders
        self.gateways += season.played
        self.answers.update(str(answer.status) for answer in season.callers.answers)
        for firm in season.firms:
            self.faults += _struck(firm)
            self.orders += _orders(firm)
        self.refunds += sum(
            entry["refunds"] for firm in season.firms for entry in firm.account.money().values()
        )

    def write(self, kills: Mapping[str, int], path: Path = PAGE) -> None:
        """Write this part of the page."""
        lines = [
            "Every round orders over `/v1` and in the panel, arms faults of the provider, and"
            " kills, freezes or wipes something.",
            "",
            f"- Date: {clock.now():%Y-%m-%d}; seed `{self.seed}`; {self.rounds} rounds,"
            f" {self.wishes} wishes, {sum(self.orders.values())} orders,"
            f" {self.refunds} refunds at the provider",
            _NONE,
            "",
            *_table("Rounds with an order at a gateway", self.gateways),
            *_table("Deaths and other blows", kills),
            *_table("Faults consumed", self.faults),
            *_table("How orders ended", self.orders),
            *_table("What callers were answered", self.answers),
        ]
        write_part(ROUNDS, lines, path)


@dataclass
class PointsRecord:
    """What happened at the named points."""

    cases: int = 0
    deaths: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    orders: Counter[str] = field(default_factory=Counter)
    pairs: set[tuple[str, str]] = field(default_factory=set)
    findings: list[str] = field(default_factory=list)

    def add(
        self,
        played: Sequence[tuple[str, str, Wish, str]],
        firms: Sequence[Firm],
        findings: Sequence[str],
    ) -> None:
        """Count cases, with what was found wrong with them."""
        self.findings += findings
        self.pairs.update((gateway, wish.name) for _, gateway, wish, _ in played)
        self.cases += len(played)
        self.deaths.update(point for point, *_ in played)
        for firm in firms:
            self.faults += _struck(firm)
            self.orders += _orders(firm)

    def write(self, *, of: int, path: Path = PAGE) -> None:
        """Write this part of the page; `of`: how many cases there are."""
        found = [f"- Found wrong: {each}" for each in self.findings]
        lines = [
            "A worker dies at each point, for each action of each gateway, with each fault that"
            " makes sense there.",
            "",
            f"- Date: {clock.now():%Y-%m-%d}; {self.cases} of {of} cases played, of"
            f" {len(self.pairs)} gateway and action pairs",
            *(found or [_NONE]),
            "",
            *_table("Where workers died", self.deaths),
            *_table("Faults consumed", self.faults),
            *_table("How orders ended", self.orders),
        ]
        write_part(POINTS, lines, path)


def write_part(title: str, lines: Sequence[str], path: Path) -> None:
    """Replace one part of the page, and leave the other as the run before left it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    page = path.read_text() if path.exists() else ""
    parts = {
        name: found[1].strip()
        for name in (ROUNDS, POINTS)
        if (found := re.search(rf"^## {name}$(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL))
    }
    parts[title] = "\n".join(lines).strip()
    ordered = [name for name in (ROUNDS, POINTS) if name in parts]
    text = "\n".join(f"## {name}\n\n{parts[name]}\n" for name in ordered)
    path.write_text(f"{_INTRODUCTION}\n{text}")


def _struck(firm: Firm) -> Counter[str]:
    struck = consumed_faults([firm])
    return Counter({f"{firm.house.name}, {kind}": struck[kind] for kind in struck})


def _orders(firm: Firm) -> Counter[str]:
    with scoping.tenant(firm.tenant.id):
        ends = [
            f"{firm.house.name}, {intent.action}, {_how_ended(intent)}"
            for intent in ActionIntent.objects.all()
        ]
    return Counter(ends)


def _how_ended(intent: ActionIntent) -> str:
    is_by_hand = "proposal" in intent.evidence
    return f"{intent.state} by two people" if is_by_hand else intent.state


def _table(title: str, rows: Mapping[str, int]) -> list[str]:
    lines = [f"| {name} | {count} |" for name, count in sorted(rows.items()) if count]
    return [f"### {title}", "", "| What | How often |", "|---|---|", *lines, ""]
