"""The sandbox imports nothing from the product, and needs nothing but Python (design 8)."""

import ast
import sys

from tests.sandbox.program import ROOT

PRODUCT = (
    "api",
    "audit",
    "billing_pages",
    "chargedesk",
    "gateways",
    "helpdesk_apps",
    "invoices",
)


def test_it_needs_python_and_itself_only() -> None:
    for path in (ROOT / "sandbox").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert _imported(tree) <= {"sandbox", *sys.stdlib_module_names}, path


def test_nothing_of_the_product_imports_it() -> None:
    for part in PRODUCT:
        for path in (ROOT / part).rglob("*.py"):
            assert "sandbox" not in _imported(ast.parse(path.read_text(encoding="utf-8"))), path


def _imported(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    return names
