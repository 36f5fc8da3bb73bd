"""Translatable texts: finds them in code and templates, keeps the catalogues complete.

Needs no gettext on the system: templates become Python source by Django's own conversion, and
Babel reads that.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
SOURCES = (
    *("api", "audit", "billing_pages", "chargedesk", "gateways", "helpdesk_apps", "invoices"),
    "templates",
)
TEMPLATE_ENDINGS = {".html", ".txt", ".svg", ".xml"}
# Catalogues are compared as text, so nothing in them may depend on the day.
FIXED_DATE = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Gap:
    """One text that a language lacks: what it is and what is wrong."""

    language: str
    text: str
    problem: str

    def __str__(self) -> str:
        return f"{self.language}: {self.problem}: {self.text!r}"


def update_catalogues(root: Path) -> list[Path]:
    """Bring every catalogue below `root/locale` up to date with the texts; return their paths."""
    texts = _texts(root)
    paths = catalogue_paths(root)
    for path in paths:
        catalogue = _read(path)
        catalogue.update(texts, no_fuzzy_matching=True, update_creation_date=False)
        catalogue.obsolete.clear()
        catalogue.revision_date = catalogue.creation_date = FIXED_DATE
        catalogue.header_comment = f"# {catalogue.locale} for ChargeDesk; kept by make messages."
        catalogue.fuzzy = False
        with path.open("wb") as file:
            write_po(file, catalogue, width=100, sort_output=True, include_lineno=False)
    return paths


def start_catalogue(root: Path, language: str) -> None:
    """Make an empty catalogue for a language named as in a folder, such as `pt_BR`."""
    path = root / "locale" / language / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        write_po(file, Catalog(locale=language, project="ChargeDesk", creation_date=FIXED_DATE))


def gaps(root: Path) -> list[Gap]:
    """Return every text that some started language does not translate, or translates wrongly."""
    texts = [message for message in _texts(root) if message.id]
    return [
        Gap(language, str(message.id), problem)
        for path in catalogue_paths(root)
        for language, catalogue in [(path.parents[1].name, _read(path))]
        for message in texts
        if (problem := _problem(catalogue, message))
    ]


def catalogue_paths(root: Path) -> list[Path]:
    """Return the catalogue of each language that has one."""
    return sorted((root / "locale").glob("*/LC_MESSAGES/django.po"))


def _problem(catalogue: Catalog, message: Message) -> str:
    found = catalogue.get(message.id, message.context)
    if found is None:
        return "missing, run make messages"
    if found.fuzzy:
        return "marked fuzzy"
    strings = found.string if isinstance(found.string, (tuple, list)) else (found.string,)
    if not strings or not all(strings):
        return "not translated"
    return next((str(error) for error in found.check(catalogue)), "")


def _texts(root: Path) -> Catalog:
    catalogue = Catalog(project="ChargeDesk", creation_date=FIXED_DATE, charset="utf-8")
    for path in _source_files(root):
        source = path.read_text()
        if path.suffix != ".py":
            # The conversion keeps the template's indentation, which means nothing in Python.
            lines = templatize(source, origin=str(path)).splitlines()
            source = "\n".join(line.strip() for line in lines)
        for line, text, comments, context in extract(
            "python", BytesIO(source.encode()), keywords=KEYWORDS, options={"encoding": "utf-8"}
        ):
            where = [(str(path.relative_to(root)), line)]
            catalogue.add(text, locations=where, auto_comments=comments, context=context or None)
    return catalogue


def _source_files(root: Path) -> Iterator[Path]:
    for name in SOURCES:
        for path in sorted((root / name).rglob("*")):
            if path.suffix == ".py" or path.suffix in TEMPLATE_ENDINGS:
                yield path


def _read(path: Path) -> Catalog:
    with path.open("rb") as file:
        # Folders are named as Django wants them, pt_BR, which Babel understands as well.
        return read_po(file, locale=path.parents[1].name)
