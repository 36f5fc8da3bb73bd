"""What `make new-gateway` writes can be imported, is typed, and refuses what it does not offer."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from chargedesk.kit.ids import new_id
from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind
from gateways.contract import GatewayAdapter, Order
from gateways.errors import PayloadError, UnsupportedError
from tests.contracts.new_gateway import ROOT, make_gateway


@pytest.fixture
def made(tmp_path: Path) -> list[Path]:
    (tmp_path / "gateways").mkdir()
    return make_gateway("acme", root=tmp_path)


@pytest.fixture
def adapter(made: list[Path], monkeypatch: pytest.MonkeyPatch) -> GatewayAdapter:
    package = next(path for path in made if path.parent.name == "acme" and "gateways" in str(path))
    spec = importlib.util.spec_from_file_location(
        "gateways.acme",
        package.parent / "__init__.py",
        submodule_search_locations=[str(package.parent)],
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "gateways.acme", module)
    spec.loader.exec_module(module)
    for name in ("client", "webhooks"):
        monkeypatch.delitem(sys.modules, f"gateways.acme.{name}")
    found: GatewayAdapter = module.ADAPTER
    return found


def test_house_style_holds(made: list[Path]) -> None:
    files = [str(path) for path in made if path.suffix == ".py"]
    config = str(ROOT / "pyproject.toml")
    for command in (["check"], ["format", "--check"]):
        outcome = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--config", config, *files],
            capture_output=True,
            text=True,
            check=False,
        )
        assert outcome.returncode == 0, outcome.stdout


def test_what_is_not_declared_is_refused(adapter: GatewayAdapter) -> None:
    order = Order(
        action=ActionKind.REFUND, intent_id=new_id(), target_id="x", money=Money.of(1, "EUR")
    )
    with pytest.raises(UnsupportedError):
        adapter.freeze(order)


def test_garbage_is_a_payload_error(adapter: GatewayAdapter) -> None:
    with pytest.raises(PayloadError):
        adapter.parse_stored(b"[]")


@pytest.mark.parametrize("name", ["", "Acme", "a b", "../x", "9acme"])
def test_name_must_be_a_plain_word(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="NAME"):
        make_gateway(name, root=tmp_path)
