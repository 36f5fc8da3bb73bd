"""A gateway is a folder: one more touches nothing else, and nothing else names one."""

import ast
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateways import registry
from tests.contracts.new_gateway import ROOT

# What `make new-gateway` writes, and a finished gateway: another one under a name of its own.
DUMMY, TWIN, MODEL = "acme", "twin", "recurly"
FOLDERS = ("gateways", "sandbox", "tests/contracts", "tests/recordings")
PARTS = (
    *("api", "audit", "billing_pages", "chargedesk", "gateways", "helpdesk_apps", "invoices"),
    *("locale", "sandbox", "static", "templates", "tests", "docs/reference"),
)
FILES = ("manage.py", "pyproject.toml")
# The contract suite, the money rules with one of them played, the page of what gateways can do.
SUITES = (
    "tests/contracts/test_gateways.py",
    "tests/contracts/test_recordings.py",
    "tests/contracts/test_money_rules.py",
    "tests/architecture/test_capability_matrix.py",
)
PLAYED = " or ".join(
    (
        # Waiting takes seconds, and is the model's to show.
        f"({TWIN} and TestInstalledGateways and not shows_late and not while_waiting)",
        f"({TWIN} and nothing_leaves)",
        "every_declared_action_is_here",
        "every_recording",
        "committed_page_is_up_to_date",
    )
)

# Where a gateway may be named all the same, and why.
ALLOWED = {
    "chargedesk/demo/": "the demo's companies have accounts at gateways of their own",
    "chargedesk/settings/logs.py": "the loggers of SDKs",
    "chargedesk/sidebar/words.py": "a means of payment of this name, whichever gateway took it",
    "sandbox/control.py": "orders of old tests that name no provider",
    "sandbox/seed/": "what the invented people are about",
}
# An English word besides: only a text that is nothing else is the name.
ORDINARY_WORDS = {"custom"}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree with a sixth gateway that nobody has written more of than the command does."""
    return _tree(tmp_path_factory)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree with a sixth gateway that declares, does and has everything its model has."""
    tree = _tree(tmp_path_factory)
    for folder in FOLDERS:
        shutil.copytree(tree / folder / MODEL, tree / folder / TWIN)
        for path in (tree / folder / TWIN).rglob("*.*"):
            path.write_text(_renamed(path.read_text(encoding="utf-8")), encoding="utf-8")
    for command in (["check", "--select", "I", "--fix"], ["format"]):
        # The order of imports depends on the name.
        _run(tree, "-m", "ruff", *command, "--no-cache", *_folders_of(TWIN))
    return tree


@pytest.fixture(scope="module")
def changed(copy: Path) -> set[str]:
    """The files that differ after `make new-gateway NAME=acme`."""
    before = dict(_sums(copy))
    done = _run(copy, "-m", "tests.contracts.new_gateway", DUMMY)
    assert done.returncode == 0, done.stderr
    after = dict(_sums(copy))
    assert set(before) <= set(after)
    return {name for name in after if after[name] != before.get(name)}


def test_a_sixth_gateway_touches_its_own_folders_only(changed: set[str]) -> None:
    assert changed
    assert all(name.startswith(_folders_of(DUMMY)) for name in changed), sorted(changed)


def test_it_is_installed_and_kept_to_the_rules(copy: Path, changed: set[str]) -> None:
    listed = _run(copy, "manage.py", "gateways", "--json")
    assert DUMMY in {each["name"] for each in json.loads(listed.stdout)}, listed.stderr
    written = [name for name in sorted(changed) if name.endswith(".py")]
    for command in (["check"], ["format", "--check"]):
        outcome = _run(copy, "-m", "ruff", *command, "--no-cache", *written)
        assert outcome.returncode == 0, outcome.stdout
    layers = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=copy,
        env=_environment(copy),
        capture_output=True,
        text=True,
        check=False,
    )
    assert layers.returncode == 0, layers.stdout


def test_the_contract_suite_waits_for_it(copy: Path, changed: set[str]) -> None:
    """Every case is there for the new gateway, red until it has a harness."""
    assert changed
    program = (
        "from gateways import registry; import tests.contracts.test_gateways as suite; "
        "print(suite.TestInstalledGateways.harness._fixture_function_marker.params)"
    )
    found = _run(copy, "-c", program)
    assert DUMMY in found.stdout, found.stderr


@pytest.mark.timeout(600)
def test_a_finished_one_passes_the_shared_suites_untold(finished: Path) -> None:
    """Its own folders are enough: the suites find it, and no check wants another file changed."""
    before = dict(_sums(finished))
    for command in ("--write", "--check"):
        drawn = _run(finished, "manage.py", "capability_matrix", command)
        assert drawn.returncode == 0, drawn.stderr
    linted = _run(finished, "-m", "ruff", "check", "--no-cache", *_folders_of(TWIN))
    assert linted.returncode == 0, linted.stdout
    suites = _run(
        finished, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", "-k", PLAYED, *SUITES
    )
    assert suites.returncode == 0, suites.stdout[-4000:]
    after = dict(_sums(finished))
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {f"gateways/{TWIN}/CAPABILITIES.md"}
    (played,) = re.findall(r"(\d+) passed", suites.stdout)
    assert int(played) > 90


def test_nothing_but_its_folder_names_a_gateway() -> None:
    """Style 5: no code outside the folder compares a gateway's name."""
    found = [
        f"{path.relative_to(ROOT)}: {text}"
        for path in _shared_files()
        for text in _named_in(path)
        if not str(path.relative_to(ROOT)).startswith(tuple(ALLOWED))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("place", ALLOWED)
def test_every_exception_is_still_needed(place: str) -> None:
    files = [path for path in _shared_files() if str(path.relative_to(ROOT)).startswith(place)]
    assert any(_named_in(path) for path in files), place


def _tree(factory: pytest.TempPathFactory) -> Path:
    folder = factory.mktemp("tree")
    for part in PARTS:
        shutil.copytree(
            ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__", "*.mo")
        )
    for name in FILES:
        shutil.copy(ROOT / name, folder / name)
    return folder


def _folders_of(name: str) -> tuple[str, ...]:
    return tuple(f"{folder}/{name}/" for folder in FOLDERS)


def _renamed(text: str) -> str:
    for change in (str.lower, str.capitalize, str.upper):
        text = text.replace(change(MODEL), change(TWIN))
    # The demo's people are told of for all simulators: it borrows what its model's did.
    return text.replace("ELSEWHERE[PROVIDER]", f'ELSEWHERE["{MODEL}"]')


def _shared_files() -> Iterator[Path]:
    names = set(registry.adapters())
    for part in (each for each in PARTS if not each.startswith(("tests", "locale", "docs"))):
        for path in sorted((ROOT / part).rglob("*")):
            inner = path.relative_to(ROOT / part).parts
            is_own = part in {"gateways", "sandbox"} and inner[0] in names
            if path.suffix in {".py", ".html", ".js", ".css", ".txt"} and not is_own:
                yield path


def _named_in(path: Path) -> list[str]:
    texts = _literals(path) if path.suffix == ".py" else [path.read_text(encoding="utf-8")]
    return [text[:80] for text in texts if any(_names(name, text) for name in _gateway_names())]


def _gateway_names() -> list[str]:
    return sorted(registry.adapters())


def _names(name: str, text: str) -> bool:
    if name in ORDINARY_WORDS:
        return text == name
    return re.search(rf"\b{name}\b", text, re.IGNORECASE) is not None


def _literals(path: Path) -> Iterator[str]:
    """Texts and imports of a module; what its comments and docstrings tell of is no code."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    told = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.value
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("gateways."):
            yield (node.module or "").partition(".")[2].partition(".")[0]


def _sums(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*")):
        is_made = path.suffix == ".mo" or {"__pycache__", ".ruff_cache"} & set(path.parts)
        if path.is_file() and not is_made:
            name = path.relative_to(folder).as_posix()
            yield name, hashlib.sha256(path.read_bytes()).hexdigest()


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=_environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )


def _environment(folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(folder),
        "PYTHONDONTWRITEBYTECODE": "1",
        "DJANGO_SETTINGS_MODULE": "chargedesk.settings.test",
    }
