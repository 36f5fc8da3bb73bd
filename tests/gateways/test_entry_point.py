"""A Python package outside this repository adds a gateway through its entry point."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Running
from tests.contracts.new_gateway import ROOT, make_package

NAME = "acme"
METADATA = "Metadata-Version: 2.1\nName: acme-gateway\nVersion: 0.1.0\n"
ADAPTER = '''"""A gateway of the same kind as the custom integration, under a name of its own."""

from gateways.custom import CustomAdapter


class AcmeAdapter(CustomAdapter):
    """Everything is inherited but the name."""

    name = "acme"
    label = "Acme Pay"


ADAPTER = AcmeAdapter()
'''
HARNESS = '''"""Acme's hands are those of the custom integration, with recordings of its own."""

import os
from pathlib import Path

from gateways.routing import adapter_for
from tests.contracts.custom.harness import CustomHarness


class AcmeHarness(CustomHarness):
    """Drives the adapter that the registry found."""

    recordings_folder = Path(__file__).parent / "recordings"

    def __init__(self, sandbox_url: str) -> None:
        super().__init__(sandbox_url)
        self.adapter = adapter_for("acme", self.urls)


def make_harness() -> AcmeHarness:
    return AcmeHarness(os.environ["SANDBOX_URL"])
'''


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """What `make new-gateway NAME=acme INTO=…` writes, installed as pip would."""
    folder = tmp_path / "acme-gateway"
    make_package(NAME, folder=folder)
    installed = folder / "acme_gateway-0.1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text(METADATA)
    declared = (folder / "pyproject.toml").read_text()
    assert '[project.entry-points."chargedesk.gateways"]' in declared
    line = next(each for each in declared.splitlines() if each.startswith(f"{NAME} = "))
    entry = line.replace('"', "")
    (installed / "entry_points.txt").write_text(f"[chargedesk.gateways]\n{entry}\n")
    return folder


def test_the_written_package_is_found_by_its_entry_point(package: Path) -> None:
    """As it stands, before anybody has written more."""
    listed = _run(package, str(ROOT / "manage.py"), "gateways", "--json")
    found = {each["name"]: each for each in json.loads(listed.stdout)}
    assert found[NAME]["label"] == "Acme"
    assert {"stripe", "custom"} <= set(found)
    loaded = _run(package, "-c", "from gateways import registry; print(registry.adapter('acme'))")
    assert "acme_gateway" in loaded.stdout, loaded.stderr


def test_the_contract_suite_runs_from_the_package(package: Path, sandbox: Running) -> None:
    """Against a harness and recordings of its own."""
    (package / "acme_gateway" / "__init__.py").write_text(ADAPTER)
    (package / "tests" / "harness.py").write_text(HARNESS)
    for path in (ROOT / "tests" / "recordings" / "custom").glob("*.json"):
        (package / "tests" / "recordings" / path.name).write_text(path.read_text())
    outcome = _run(
        package,
        *("-m", "pytest", "tests", "-q", "-p", "no:cacheprovider", "-p", "no:randomly"),
        # The mapping it inherits counts unknown words under the name of its own.
        *("-k", "not counted", "-W", "ignore"),
        SANDBOX_URL=sandbox.url,
    )
    assert outcome.returncode == 0, outcome.stdout[-3000:] + outcome.stderr[-1000:]
    assert " passed" in outcome.stdout


def _run(package: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "DJANGO_"))},
        "PYTHONPATH": f"{ROOT}{os.pathsep}{package}",
        "PYTHONDONTWRITEBYTECODE": "1",
        **more,
    }
    if not more:
        environment["DJANGO_SETTINGS_MODULE"] = "chargedesk.settings.test"
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=package,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
