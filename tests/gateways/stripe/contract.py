"""The provider's own contract data, where this checkout has it beside it."""

import json
from pathlib import Path
from typing import Any

import pytest

NAME = "shared/specs/gateways/stripe/sdk-contract-2026-10-28.endive.json"


def provider_contract() -> dict[str, Any]:
    """The parsed contract; skips the test, with the reason, where the data is not at hand."""
    for folder in Path(__file__).resolve().parents:
        if (folder / NAME).is_file():
            parsed: dict[str, Any] = json.loads((folder / NAME).read_text())
            return parsed
    pytest.skip(f"no ../{NAME} beside this checkout")
