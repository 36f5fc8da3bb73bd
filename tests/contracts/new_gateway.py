"""`make new-gateway NAME=acme`: a folder that imports, refuses what it cannot do, and says more.

It edits no other file. The contract suite finds the folder by itself and stays red until the
gateway has a harness and recordings, which is what is left to write. With `INTO=../acme-gateway`
the same becomes a Python package of its own, which ChargeDesk finds by its entry point.
"""

import argparse
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
    words = _words(name, package=f"gateways.{name}")
    made = _adapter(
        root / "gateways" / name,
        words
        | {
            "recordings": f"tests/recordings/{name}",
            "harness": f"tests/contracts/{name}/harness.py",
        },
    )
    (root / "tests" / "recordings" / name).mkdir(parents=True)
    suite = root / "tests" / "contracts" / name
    suite.mkdir(parents=True)
    package = suite / "__init__.py"
    package.write_text(f'"""How the contract suite drives {words["label"]}."""\n')
    house = suite / "house.py"
    house.write_text(_filled(SCAFFOLD / "suite" / "house.txt", words))
    return [*made, package, house]


def make_package(name: str, *, folder: Path) -> list[Path]:
    """Write a package of its own with the same gateway, its entry point and its tests.

    Raises ValueError for a name that is no plain word, FileExistsError for a package that is there.
    """
    package = f"{name}_gateway"
    words = _words(name, package=package)
    made = _adapter(
        folder / package, words | {"recordings": "tests/recordings", "harness": "tests/harness.py"}
    )
    (folder / "tests" / "recordings").mkdir(parents=True)
    for template, path in (
        ("pyproject", folder / "pyproject.toml"),
        ("test_contract", folder / "tests" / "test_contract.py"),
        ("harness", folder / "tests" / "harness.py"),
    ):
        path.write_text(_filled(SCAFFOLD / "package" / f"{template}.txt", words))
        made.append(path)
    return made


def _words(name: str, *, package: str) -> dict[str, str]:
    if not NAME.fullmatch(name):
        raise ValueError(f"NAME={name!r}: use 2 to 30 small letters and digits, such as acme.")
    label = name.capitalize()
    dashed = package.replace("_", "-")
    return {"name": name, "label": label, "klass": label, "package": package, "dashed": dashed}


def _adapter(folder: Path, words: dict[str, str]) -> list[Path]:
    folder.mkdir(parents=True)
    made = []
    for template in sorted(SCAFFOLD.glob("*.txt")):
        ending = ".md" if template.stem == "NOTES" else ".py"
        path = folder / f"{template.stem}{ending}"
        path.write_text(_filled(template, words))
        made.append(path)
    _tidy(folder)
    return made


def _filled(template: Path, words: dict[str, str]) -> str:
    return Template(template.read_text()).substitute(words)


def _tidy(folder: Path) -> None:
    # The order of imports depends on the name.
    config = str(ROOT / "pyproject.toml")
    for command in (["check", "--select", "I", "--fix"], ["format"]):
        subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--quiet", "--config", config, str(folder)],
            check=True,
        )


def _made(name: str, into: str) -> list[Path]:
    return make_package(name, folder=Path(into).resolve()) if into else make_gateway(name)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write the files of a new gateway.")
    parser.add_argument("name")
    parser.add_argument("--into", default="", help="folder of a package of its own")
    asked = parser.parse_args()
    try:
        for written in _made(asked.name, asked.into):
            sys.stdout.write(f"{written}\n")
    except (ValueError, FileExistsError) as refusal:
        sys.exit(str(refusal))
    sys.stdout.write("Next: the checklist in NOTES.md, then make test\n")
