"""The look keeps its promises: contrast in both palettes, nothing inline, money and time."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone, translation

from chargedesk.base.templatetags.moments import ago, moment
from chargedesk.base.templatetags.money import count, shown_money
from chargedesk.kit import clock
from chargedesk.kit.money import Money

ROOT: Path = settings.BASE_DIR
TOKEN = re.compile(r"--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)")
TOKENS = {
    name: (light, dark)
    for name, light, dark in TOKEN.findall((ROOT / "static/css/tokens.css").read_text())
}
GROUNDS = ("paper", "surface", "sunken", "raised")
# Text on what it stands on, 4.5:1; lines of controls and focus rings, 3:1.
TEXT = [
    *((ink, ground) for ink in ("ink", "ink-soft", "accent", "bad") for ground in GROUNDS),
    *((voice, f"{voice}-wash") for voice in ("info", "good", "warn", "bad")),
    *(("ink", f"{voice}-wash") for voice in ("info", "good", "warn", "bad", "neutral", "accent")),
    ("ink-soft", "neutral-wash"),
    ("ink-soft", "good-wash"),
    ("accent-ink", "accent"),
    ("accent-ink", "accent-strong"),
    ("danger-ink", "danger"),
    ("danger-ink", "danger-strong"),
    ("accent", "accent-wash"),
]
LINES = [(line, ground) for line in ("line-strong", "focus") for ground in GROUNDS]


@pytest.mark.parametrize("palette", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("front", "ground", "least"),
    [*((front, ground, 4.5) for front, ground in TEXT), *((a, b, 3.0) for a, b in LINES)],
)
def test_contrast_holds_in_both_palettes(
    front: str, ground: str, least: float, palette: int
) -> None:
    assert _contrast(TOKENS[front][palette], TOKENS[ground][palette]) >= least


@pytest.mark.parametrize("path", sorted((ROOT / "templates").rglob("*.html")), ids=str)
def test_no_page_has_inline_script_style_or_handler(path: Path) -> None:
    text = path.read_text()

    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", text)
    assert "|safe" not in text


@pytest.mark.parametrize(
    ("language", "money", "shown"),
    [
        ("en", Money.of(123450, "EUR"), "EUR\xa01,234.50"),
        ("it", Money.of(123450, "EUR"), "1.234,50\xa0EUR"),
        ("de", Money.of(-500, "USD"), "\u22125,00\xa0USD"),
        ("en", Money.of(-500, "USD"), "USD\xa0\u22125.00"),
        ("pt-br", Money.of(1234567, "BRL"), "BRL\xa012.345,67"),
        ("en", Money.of(1500, "JPY"), "JPY\xa01,500"),
        ("en", Money.of(10005, "KWD"), "KWD\xa010.005"),
    ],
)
def test_money_has_its_code_and_all_its_digits(language: str, money: Money, shown: str) -> None:
    with translation.override(language):
        assert shown_money(money) == shown


def test_nothing_is_shown_for_no_money() -> None:
    assert (shown_money(None), count(None), ago(None), moment(None)) == ("", "", "", "")


def test_a_time_tells_its_distance_and_hides_the_exact_moment() -> None:
    with translation.override("it"), timezone.override("Europe/Rome"):
        shown = ago(clock.now() - timedelta(minutes=3))
        exact = moment(datetime(2026, 7, 1, 22, 30, tzinfo=UTC))

    assert "3 minuti fa" in shown
    assert "<time datetime=" in shown
    assert "2 lug 2026" in exact
    assert "CEST" in exact


def _contrast(first: str, second: str) -> float:
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
