"""Turns the catalogues (`.po`) into what Django reads (`.mo`), without the system's gettext."""

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from chargedesk.runtime.run_config import ROOT


def compile_translations(root: Path = ROOT) -> int:
    """Compile catalogues below `root/locale` that are newer than their result; return how many."""
    stale = [
        path
        for path in (root / "locale").glob("*/LC_MESSAGES/*.po")
        if not _is_current(path, path.with_suffix(".mo"))
    ]
    for path in stale:
        with path.open("rb") as source:
            catalogue = read_po(source)
        unfinished = path.with_suffix(".mo.unfinished")
        with unfinished.open("wb") as result:
            write_mo(result, catalogue)
        unfinished.replace(path.with_suffix(".mo"))
    return len(stale)


def _is_current(source: Path, result: Path) -> bool:
    return result.exists() and result.stat().st_mtime >= source.stat().st_mtime


if __name__ == "__main__":
    compile_translations()
