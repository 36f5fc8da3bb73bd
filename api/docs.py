"""The description of `/v1` for programs (`openapi.json`) and as a page for people (`docs`)."""

import json
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

# Committed, and compared with the code by a test: what is served is what was reviewed.
SCHEMA_PATH = Path(__file__).parent / "openapi.json"
# Shapes that only wrap others say nothing of their own.
_WRAPPERS = ("List", "Request")
_GROUP_TITLES = {
    "charges": gettext_lazy("Charges"),
    "customers": gettext_lazy("Customers"),
    "subscriptions": gettext_lazy("Subscriptions"),
    "products": gettext_lazy("Products"),
    "gateway": gettext_lazy("Acting at the gateway"),
    "actions": gettext_lazy("Following an action"),
    "log": gettext_lazy("Activity log"),
    "changes": gettext_lazy("Change feed"),
    "connections": gettext_lazy("Connections"),
}


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter or field, as a line of a table."""

    name: str
    place: str
    type: str
    text: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path."""

    id: str
    method: str
    path: str
    summary: str
    text: str
    fields: list[Field]
    statuses: list[str]
    answer: str


@dataclass(frozen=True, slots=True)
class Group:
    """The operations on one resource."""

    id: str
    title: str
    operations: list[Operation]


@dataclass(frozen=True, slots=True)
class Shape:
    """One object of the answers."""

    name: str
    fields: list[Field]


def openapi_json(_request: HttpRequest) -> HttpResponse:
    """GET /v1/openapi.json."""
    return JsonResponse(schema())


def docs_page(request: HttpRequest) -> HttpResponse:
    """GET /v1/docs."""
    context = {"groups": _groups(schema()), "shapes": _shapes(schema()), "host": request.get_host()}
    return render(request, "api/docs.html", context)


@cache
def schema() -> dict[str, Any]:
    """The committed description."""
    found: dict[str, Any] = json.loads(SCHEMA_PATH.read_text())
    return found


def _groups(described: dict[str, Any]) -> list[Group]:
    by_tag: dict[str, list[Operation]] = defaultdict(list)
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            tag = operation["tags"][0]
            by_tag[tag].append(_operation(described, path, method.upper(), operation))
    order = [*_GROUP_TITLES, *sorted(set(by_tag) - set(_GROUP_TITLES))]
    return [
        Group(tag, str(_GROUP_TITLES.get(tag, tag)), by_tag[tag]) for tag in order if tag in by_tag
    ]


def _operation(
    described: dict[str, Any], path: str, method: str, operation: dict[str, Any]
) -> Operation:
    responses = operation["responses"]
    return Operation(
        id=operation["operationId"],
        method=method,
        path=path,
        summary=operation.get("summary", ""),
        text=operation.get("description", ""),
        fields=_parameters(operation) + _body(described, operation),
        statuses=sorted(responses),
        answer=_referred(_json_schema(responses.get("200", {}))),
    )


def _parameters(operation: dict[str, Any]) -> list[Field]:
    return [
        Field(each["name"], each["in"], _type(each["schema"]), each.get("description", ""))
        for each in operation.get("parameters", [])
    ]


def _body(described: dict[str, Any], operation: dict[str, Any]) -> list[Field]:
    name = _referred(_json_schema(operation.get("requestBody", {})))
    if not name:
        return []
    return _fields(described["components"]["schemas"][name], place=_("body"))


def _shapes(described: dict[str, Any]) -> list[Shape]:
    return [
        Shape(name, _fields(shape, place=""))
        for name, shape in described["components"]["schemas"].items()
        if "properties" in shape and not name.endswith(_WRAPPERS)
    ]


def _fields(shape: dict[str, Any], *, place: str) -> list[Field]:
    return [
        Field(name, place, _type(each), each.get("description", ""))
        for name, each in shape.get("properties", {}).items()
    ]


def _json_schema(holder: dict[str, Any]) -> dict[str, Any]:
    content = holder.get("content", {}).get("application/json", {})
    found: dict[str, Any] = content.get("schema", {})
    return found


def _referred(shape: dict[str, Any]) -> str:
    return str(shape.get("$ref", "")).rpartition("/")[2]


def _type(shape: dict[str, Any]) -> str:
    if "enum" in shape:
        return " | ".join(str(value) for value in shape["enum"])
    for each in shape.get("allOf", []):
        return _type(each)
    if shape.get("type") == "array":
        return f"[{_type(shape.get('items', {}))}]"
    name = _referred(shape) or str(shape.get("type", "any"))
    return f"{name} | null" if shape.get("nullable") else name
