"""The committed measurements: the format that other programs read, and honest verdicts."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
KEYS = ["name", "value", "aim", "better", "holds", "against"]
# One row of the table each, and the counts that go with it.
MEASURED = (
    "card: CPU against authenticated ok view",
    "card: CPU against plain DRF ModelSerializer view",
    "card: SQL statements",
    "card: provider calls",
    "card: CPU with 10,000 charges",
    "webhook accepted: CPU",
    "webhook accepted: SQL statements",
    "event to ledger: CPU, new charge, alone",
    "event to ledger: CPU, new charge, in a burst",
    "event to ledger: CPU, new invoice, alone",
    "event to ledger: CPU, new invoice, in a burst",
    "event to ledger: CPU, new subscription, alone",
    "event to ledger: CPU, new subscription, in a burst",
    "event to ledger: CPU, new customer, alone",
    "event to ledger: CPU, new customer, in a burst",
    "event to ledger: provider calls",
    "event to ledger: SQL statements, alone",
    "event to ledger: SQL statements, batch of 500",
    "backfill a charge: CPU against dj-stripe",
    "backfill a charge: CPU against bare parsing",
)


def _figures() -> list[dict[str, Any]]:
    results = json.loads((ROOT / "bench" / "results.json").read_text())
    assert list(results) == ["figures"]
    figures: list[dict[str, Any]] = results["figures"]
    return figures


@pytest.mark.parametrize("figure", _figures(), ids=lambda figure: figure["name"])
def test_a_figure_has_the_promised_form_and_an_honest_verdict(figure: dict[str, Any]) -> None:
    assert list(figure) == KEYS
    assert figure["better"] in {"lower", "higher"}
    assert figure["name"]
    assert figure["against"]
    assert all(math.isfinite(figure[name]) for name in ("value", "aim"))
    is_met = (
        figure["value"] <= figure["aim"]
        if figure["better"] == "lower"
        else figure["value"] >= figure["aim"]
    )
    assert figure["holds"] is is_met


def test_every_miss_is_told_where_people_read() -> None:
    told = (ROOT / "docs" / "reference" / "performance.md").read_text().splitlines()
    for figure in _figures():
        (row,) = [line for line in told if line.startswith(f"| {figure['name']}")]
        assert ("| **no** |" in row) is not figure["holds"], row


def test_everything_that_has_an_aim_was_measured() -> None:
    names = [figure["name"] for figure in _figures()]

    assert len(names) == len(set(names))
    for wanted in MEASURED:
        assert any(name.startswith(wanted) for name in names), wanted
