"""The provider's own contract data, where this checkout has it beside it."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

FOLDER = "shared/specs/gateways/stripe"
NAME = f"{FOLDER}/sdk-contract-2026-10-28.endive.json"
# `openapi/fixtures3.json` of github.com/stripe/openapi: an example of every resource.
EXAMPLES = f"{FOLDER}/fixtures3.json"


def provider_contract() -> dict[str, Any]:
    """The parsed contract; skips the test, with the reason, where the data is not at hand."""
    return _beside_us(NAME) or pytest.skip(f"no ../{NAME} beside this checkout")


def published_examples(*resources: str) -> dict[str, dict[str, Any]]:
    """Stripe's own examples of these resources by name; none where the data is not at hand."""
    found = _beside_us(EXAMPLES)
    return {f"published {name}": found["resources"][name] for name in resources} if found else {}


def _beside_us(name: str) -> dict[str, Any]:
    for folder in Path(__file__).resolve().parents:
        if (folder / name).is_file():
            parsed: dict[str, Any] = json.loads((folder / name).read_text())
            return parsed
    return {}


def assert_in_contract(operation: str, params: str, body: Mapping[str, Any]) -> None:
    """Whether every parameter, also the nested ones, is one that the operation knows."""
    known = provider_contract()["params"][operation]
    complaints = list(_complaints(known, params, body))
    assert complaints == []


def _complaints(known: dict[str, Any], params: str, body: Mapping[str, Any]) -> Iterator[str]:
    fields = known[params]
    yield from (f"{params}.{name} is missing" for name in fields if _lacks(fields, name, body))
    for name, value in body.items():
        if name not in fields:
            yield f"{params}.{name} is unknown"
            continue
        for each in value if isinstance(value, list) else [value]:
            yield from _values(known, f"{params}{_class_part(name)}", fields[name], each)


def _values(
    known: dict[str, Any], params: str, rule: dict[str, Any], value: object
) -> Iterator[str]:
    if isinstance(value, Mapping):
        # The names of a list's items are singular.
        found = [each for each in (params, params.removesuffix("s")) if each in known]
        if found:
            yield from _complaints(known, found[0], value)
    elif isinstance(value, str) and rule.get("enum") and value not in rule["enum"]:
        yield f"{params} is {value}"


def _lacks(fields: dict[str, Any], name: str, body: Mapping[str, Any]) -> bool:
    return bool(fields[name].get("required")) and name not in body


def _class_part(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))
