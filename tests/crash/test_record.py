"""The page of the long runs: what one run writes leaves the other one's part alone."""

from pathlib import Path

from tests.crash.record import POINTS, ROUNDS, write_part


def test_each_run_replaces_its_own_part_only(tmp_path: Path) -> None:
    page = tmp_path / "reference" / "page.md"
    write_part(POINTS, ["- a death", "", "### Where", "", "| x |"], page)
    write_part(ROUNDS, ["- a round"], page)
    write_part(ROUNDS, ["- another round"], page)

    text = page.read_text()
    assert "a round" not in text.replace("another round", "")
    assert text.index("## Random rounds\n\n- another round\n") < text.index("## Named points\n")
    assert text.endswith("### Where\n\n| x |\n")
