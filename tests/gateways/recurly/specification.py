"""Recurly's own OpenAPI document, where it lies beside the repository."""

from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import yaml

NAME = "shared/specs/gateways/recurly/openapi-v2021-02-25.yaml"
PATH = next(
    (each / NAME for each in Path(__file__).resolve().parents if (each / NAME).exists()), None
)


@cache
def document() -> dict[str, Any]:
    """The whole document."""
    assert PATH is not None
    # S506: the safe loader, in C.
    plain: dict[str, Any] = _with_plain_patterns(
        yaml.load(PATH.read_text(), Loader=yaml.CSafeLoader)
    )
    return plain


def complaints(schema: str, value: Any) -> list[str]:
    """Say where `value` differs from the schema of this name, unknown fields included."""
    root = {
        "$ref": f"#/components/schemas/{schema}",
        "components": document()["components"],
    }
    validator = jsonschema.Draft202012Validator(root)
    found = [
        f"{'.'.join(map(str, each.absolute_path))}: {each.message[:120]}"
        for each in validator.iter_errors(_without_nulls(value))
    ]
    unknown = set(value) - _fields(schema)
    return found + [f"{each}: unknown" for each in sorted(unknown)]


def has_operation(method: str, path: str) -> bool:
    """Whether a call of ours is one of the document's."""
    return operation(method, path) is not None


def operation(method: str, path: str) -> dict[str, Any] | None:
    """What the document says of a call; None if it knows none like it."""
    parts = path.split("/")
    for template, operations in document()["paths"].items():
        if method.lower() in operations and _fits(template.split("/"), parts):
            found: dict[str, Any] = operations[method.lower()]
            return found
    return None


def known_query(described: dict[str, Any]) -> set[str]:
    """The names of the query parameters that an operation takes."""
    parameters = document()["components"]["parameters"]
    told = (
        parameters[each["$ref"].rpartition("/")[2]] if "$ref" in each else each
        for each in described.get("parameters", ())
    )
    return {each["name"] for each in told if each["in"] == "query"}


def body_schema(described: dict[str, Any]) -> str:
    """The name of the schema of an operation's body; empty if it takes none."""
    content = (described.get("requestBody") or {}).get("content", {})
    told = content.get("application/json", {}).get("schema", {})
    return str(told.get("$ref", "")).rpartition("/")[2]


def _fits(template: list[str], parts: list[str]) -> bool:
    if len(template) != len(parts):
        return False
    pairs = zip(template, parts, strict=True)
    return all(wanted.startswith("{") or wanted == given for wanted, given in pairs)


def _fields(schema: str) -> set[str]:
    return _own_fields(document()["components"]["schemas"][schema])


def _own_fields(schema: dict[str, Any]) -> set[str]:
    if "$ref" in schema:
        return _fields(schema["$ref"].rpartition("/")[2])
    found = set(schema.get("properties", ()))
    for each in schema.get("allOf", ()):
        found |= _own_fields(each)
    return found


def _without_nulls(value: Any) -> Any:
    # The document marks nothing as nullable, and Recurly sends null for what is not set.
    if isinstance(value, dict):
        return {name: _without_nulls(each) for name, each in value.items() if each is not None}
    return [_without_nulls(each) for each in value] if isinstance(value, list) else value


def _with_plain_patterns(value: Any) -> Any:
    # Patterns stand between slashes there, which JSON Schema would take for a part of them.
    if isinstance(value, list):
        return [_with_plain_patterns(each) for each in value]
    if not isinstance(value, dict):
        return value
    plain = {name: _with_plain_patterns(each) for name, each in value.items()}
    if isinstance(plain.get("pattern"), str):
        plain["pattern"] = plain["pattern"].removesuffix("i").strip("/")
    return plain
