"""The provider's own OpenAPI documents, where this checkout has them beside it."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator
from referencing import Registry
from referencing.jsonschema import DRAFT4

FOLDER = "shared/specs/gateways/paypal"


def documents() -> dict[str, dict[str, Any]]:
    """Every document by file name; skips the test, with the reason, where they are not at hand."""
    return _beside_us() or pytest.skip(f"no ../{FOLDER} beside this checkout")


def published_examples() -> dict[str, dict[str, Any]]:
    """PayPal's own examples of what is read, by name; none where the documents are not at hand.

    Its example of a subscription is the answer to creating one and lacks the plan, with which we
    read; captures, refunds, disputes and the report have no examples of answers.
    """
    found = _beside_us()
    if not found:
        return {}
    made = found["billing_subscriptions_v1.json"]["paths"]["/v1/billing/plans"]["post"]
    answer = made["responses"]["200"]["content"]["application/json"]
    drafts = found["invoicing_v2.json"]["components"]["examples"]
    return {
        "published plan": answer["examples"]["plan"]["value"],
        "published invoice": drafts["invoice_draft"]["value"],
    }


@cache
def _beside_us() -> dict[str, dict[str, Any]]:
    for folder in Path(__file__).resolve().parents:
        if (folder / FOLDER).is_dir():
            return {
                path.name: json.loads(path.read_text())
                for path in sorted((folder / FOLDER).glob("*.json"))
            }
    return {}


def operation(method: str, path: str) -> tuple[str, dict[str, Any]]:
    """The document and the operation that a request is for; fails if PayPal has none."""
    for name, document in documents().items():
        base = "/v1/reporting" if name.startswith("reporting") else ""
        for template, methods in document["paths"].items():
            whole = template if template.startswith(("/v1", "/v2")) else base + template
            pattern = re.sub(r"\{[^}]+\}", "[^/]+", whole)
            if re.fullmatch(pattern, path) and method.lower() in methods:
                return name, {**methods, **methods[method.lower()]}
    raise AssertionError(f"PayPal has no {method} {path}")


def errors_in(name: str, schema: dict[str, Any], value: object) -> list[str]:
    """What is wrong with `value` by a schema of this document."""
    base = f"urn:{name}"
    registry = Registry().with_resource(base, DRAFT4.create_resource(documents()[name]))
    validator = Draft4Validator(_absolute(schema, base), registry=registry)
    return [f"{list(each.path)}: {each.message[:120]}" for each in validator.iter_errors(value)]


def parameters(name: str, described: dict[str, Any]) -> set[tuple[str, str]]:
    """Place and name of every parameter an operation takes, in lower case."""
    known = documents()[name]["components"].get("parameters", {})
    found = set()
    for each in described.get("parameters", []):
        whole = known[each["$ref"].rsplit("/", 1)[1]] if "$ref" in each else each
        found.add((whole["in"], whole["name"].lower()))
    return found


def schema_of(content: dict[str, Any]) -> dict[str, Any] | None:
    """The schema of a JSON body, if it has one."""
    schema: dict[str, Any] | None = (
        content.get("content", {}).get("application/json", {}).get("schema")
    )
    return schema


def _absolute(value: Any, base: str) -> Any:
    if isinstance(value, dict):
        return {
            key: f"{base}{each}" if key == "$ref" else _absolute(each, base)
            for key, each in value.items()
        }
    return [_absolute(each, base) for each in value] if isinstance(value, list) else value
