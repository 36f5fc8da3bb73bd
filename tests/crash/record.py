"""Keeps the result of a long run in `docs/reference/`."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from chargedesk.actions.models import ActionIntent
from chargedesk.base import scoping
from chargedesk.kit import clock
from tests.crash.checker import consumed_faults
from tests.crash.rounds import Season
from tests.crash.town import Firm
from tests.services.ground import ROOT

PAGE = ROOT / "docs" / "reference" / "crash-suite.md"


@dataclass
class Record:
    """What happened in a run."""

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
            struck = consumed_faults([firm])
            self.faults += Counter({f"{firm.house.name}, {kind}": struck[kind] for kind in struck})
            self.orders += _orders(firm)
        self.refunds += sum(
            entry["refunds"] for firm in season.firms for entry in firm.account.money().values()
        )

    def write(self, kills: Mapping[str, int], path: Path = PAGE) -> None:
        """Write the page."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            "\n".join(
                [
                    "# The crash suite's last long run",
                    "",
                    "Written by `make crash`; what it proves is in `money-rules.md`, “Proof”. Every"
                    " round orders, arms faults of the provider, and kills, freezes or wipes"
                    " something. After every season of twenty rounds the provider's own account of"
                    " the money is compared with ours, over all objects of all accounts, and the"
                    " audit log is verified.",
                    "",
                    f"- Date: {clock.now():%Y-%m-%d}; seed `{self.seed}`; {self.rounds} rounds,"
                    f" {self.wishes} wishes, {sum(self.orders.values())} orders,"
                    f" {self.refunds} refunds at the provider",
                    "- Differences, doubles, orders shown as failed that happened, holds that"
                    " stayed, faults that never struck: none",
                    "",
                    *_table("Rounds with an order at a gateway", self.gateways),
                    *_table("Deaths and other blows", kills),
                    *_table("Faults consumed", self.faults),
                    *_table("How orders ended", self.orders),
                    *_table("What callers were answered", self.answers),
                ]
            )
        )


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
    return [f"## {title}", "", "| What | How often |", "|---|---|", *lines, ""]
