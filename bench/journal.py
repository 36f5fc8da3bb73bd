"""Counts what the sandbox was asked."""

from dataclasses import dataclass, field

from bench.company import Account
from bench.ground import Ground


@dataclass
class Journal:
    """An account's calls, from when this is made."""

    ground: Ground
    account: Account
    _last: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.new_calls()

    def new_calls(self) -> int:
        """How many came since this was asked last."""
        count = 0
        while page := self._page():
            count += len(page)
            self._last = page[-1]["seq"]
        return count

    def _page(self) -> list[dict[str, int]]:
        found: list[dict[str, int]] = self.ground.control(
            "GET", "journal", account=self.account.id, after=self._last
        )["entries"]
        return found
