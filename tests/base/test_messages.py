"""Texts are found in code and templates, and a language with a gap is told."""

from pathlib import Path

import pytest

from chargedesk.base import messages

TEMPLATE = """
{% load i18n %}
    <p title="{% translate "Say 'hello'" %}">
  {% blocktranslate count n=items|length %}
{{ n }} item{% plural %}
{{ n }} items{% endblocktranslate %}
{% blocktranslate trimmed %}
   Many
   lines {{ x }}
{% endblocktranslate %}</p>
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text(TEMPLATE)
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / "views.py").write_text('LABEL = _("Refund %(amount)s")\n')
    messages.start_catalogue(tmp_path, "it")
    messages.update_catalogues(tmp_path)
    return tmp_path


def test_every_text_is_found_once(root: Path) -> None:
    text = (root / "locale/it/LC_MESSAGES/django.po").read_text()

    for wanted in (
        "msgid \"Say 'hello'\"",
        '"%(n)s items"',
        'msgid "Many lines %(x)s"',
        'msgid "Refund %(amount)s"',
    ):
        assert text.count(wanted) == 1


def test_untranslated_text_is_a_gap(root: Path) -> None:
    assert {gap.problem for gap in messages.gaps(root)} == {"not translated"}


def test_lost_placeholder_is_a_gap(root: Path) -> None:
    path = root / "locale/it/LC_MESSAGES/django.po"
    path.write_text(
        path.read_text().replace(
            'msgid "Refund %(amount)s"\nmsgstr ""',
            'msgid "Refund %(amount)s"\nmsgstr "Rimborsa %(cifra)s"',
        )
    )

    assert "placeholder" in next(
        gap.problem for gap in messages.gaps(root) if gap.text.startswith("Refund")
    )


def test_updating_twice_changes_nothing(root: Path) -> None:
    path = root / "locale/it/LC_MESSAGES/django.po"
    before = path.read_text()

    messages.update_catalogues(root)

    assert path.read_text() == before
