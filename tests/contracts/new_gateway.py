"""`make new-gateway NAME=acme`: a folder that imports, refuses what it cannot do, and says more.

It edits no other file. The contract suite finds the folder by itself and stays red until the
gateway has a harness and recordings, which is what is left to write.
"""

import re
import subprocess
import sys
from pathlib import Path
from string import Template

ROOT = Path(__file__).resolve().parents[2]
SCAFFOLD = Path(__file__).parent / "scaffold"
NAME = re.compile(r"[a-z][a-z0-9]{1,29}")


def make_gateway(name: str, *, root: Path = ROOT) -> list[Path]:
    """Write the folder of a new gateway and return its files.

    Raises ValueError for a name that is no plain word, FileExistsError for one that is taken.
    """
    if not NAME.fullmatch(name):
        raise ValueError(f"NAME={name!r}: use 2 to 30 small letters and digits, such as acme.")
    folder = root / "gateways" / name
    folder.mkdir()
    words = {"name": name, "label": name.capitalize(), "klass": name.capitalize()}
    made = []
    for template in sorted(SCAFFOLD.glob("*.txt")):
        ending = ".md" if template.stem == "NOTES" else ".py"
        path = folder / f"{template.stem}{ending}"
        path.write_text(Template(template.read_text()).substitute(words))
        made.append(path)
    _tidy(folder)
    (root / "tests" / "recordings" / name).mkdir(parents=True)
    suite = root / "tests" / "contracts" / name
    suite.mkdir(parents=True)
    package = suite / "__init__.py"
    package.write_text(f'"""How the contract suite drives {words["label"]}."""\n')
    return [*made, package]


def _tidy(folder: Path) -> None:
    # The order of imports depends on the name.
    config = str(ROOT / "pyproject.toml")
    for command in (["check", "--select", "I", "--fix"], ["format"]):
        subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--quiet", "--config", config, str(folder)],
            check=True,
        )


if __name__ == "__main__":
    try:
        for written in make_gateway(sys.argv[1] if len(sys.argv) > 1 else ""):
            sys.stdout.write(f"{written.relative_to(ROOT)}\n")
    except (ValueError, FileExistsError) as refusal:
        sys.exit(str(refusal))
    sys.stdout.write("Next: the checklist in NOTES.md, then make test\n")
