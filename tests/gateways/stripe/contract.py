"""The provider's own contract data, where this checkout has it beside it."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
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
    assert list(complaints(known, params, body)) == []


def complaints_about(operation: str, body: Mapping[str, Any]) -> list[str]:
    """What the contract does not know of a call, or misses in it."""
    known = provider_contract()["params"][operation]
    # The parameter classes of an operation are named after its own.
    return list(complaints(known, min(known, key=len), body))


def sdk_complaints(module: ModuleType, params: str, body: Mapping[str, Any]) -> list[str]:
    """The same by the SDK's types, which the contract was made from, where it has a part of them.

    `module`: `stripe.params` or a part of it, where the class `params` is.
    """
    return list(complaints(dict(_sdk_classes(module, params)), params, body))


def _sdk_classes(module: ModuleType, params: str) -> Iterator[tuple[str, dict[str, Any]]]:
    found = getattr(module, params, None)
    if found is None:
        return
    yield params, {name: {} for name in found.__annotations__}
    for name in found.__annotations__:
        # The names of a list's items are singular.
        for part in {_class_part(name), _class_part(name).removesuffix("s")}:
            yield from _sdk_classes(module, f"{params}{part}")


def complaints(known: dict[str, Any], params: str, body: Mapping[str, Any]) -> Iterator[str]:
    """What these parameter classes, by name, do not know of `body`, or miss in it."""
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
            yield from complaints(known, found[0], value)
    # An empty word among others, or alone, clears; alone it says nothing of the rest.
    elif isinstance(value, str) and any(rule.get("enum") or ()) and value not in rule["enum"]:
        yield f"{params} is {value}"


def _lacks(fields: dict[str, Any], name: str, body: Mapping[str, Any]) -> bool:
    return bool(fields[name].get("required")) and name not in body


def _class_part(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))
