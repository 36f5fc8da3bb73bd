"""`/v1` describes itself: the committed file equals the code, and answers equal the description."""

import json
from typing import Any

import jsonschema
import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from api import docs
from tests.api.test_shapes import full_world
from tests.api.world import World

__all__ = ["full_world"]


def _described() -> dict[str, Any]:
    generated = SchemaGenerator().get_schema(  # type: ignore[no-untyped-call]
        request=None, public=True
    )
    described: dict[str, Any] = json.loads(json.dumps(generated, default=str))
    return described


def test_the_committed_description_is_what_the_code_says() -> None:
    """Renew it with: manage.py spectacular --format openapi-json --file api/openapi.json."""
    described = _described()
    validate_schema(described)  # type: ignore[no-untyped-call]
    assert json.loads(docs.SCHEMA_PATH.read_text()) == described


def test_the_description_is_open_to_everyone() -> None:
    answer = Client().get("/v1/openapi.json")
    assert answer.status_code == 200
    assert "/v1/gateway/charges/{charge_id}/refund" in answer.json()["paths"]


@pytest.mark.django_db
def test_the_page_shows_every_operation_and_loads_nothing_from_elsewhere() -> None:
    answer = Client().get("/v1/docs")
    page = answer.content.decode()
    assert answer.status_code == 200
    for methods in docs.schema()["paths"].values():
        for operation in methods.values():
            assert f'id="{operation["operationId"]}"' in page
    assert "<script" not in page
    assert "style=" not in page
    assert 'href="/static/css/api-docs.css"' in page


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("/charges/ch_a", "Charge"),
        ("/charges/ch_yen", "Charge"),
        ("/customers/cus_a", "Customer"),
        ("/customers/cus_bare", "Customer"),
        ("/subscriptions/sub_a", "Subscription"),
        ("/subscriptions/sub_bare", "Subscription"),
        ("/products/prod_a", "Product"),
        ("/products/prod_bare", "Product"),
        ("/charges/ch_a/items", "LineItems"),
    ],
)
def test_answers_are_as_described(full_world: World, path: str, shape: str) -> None:
    body = full_world.client().get(path).json()
    described = docs.schema()["components"]["schemas"]
    wanted = described[shape]
    assert set(body) == set(wanted["properties"])
    jsonschema.Draft202012Validator(
        {**_as_json_schema(wanted), "components": {"schemas": _as_json_schema(described)}}
    ).validate(body)


def _as_json_schema(described: Any) -> Any:
    """OpenAPI 3.0 says `nullable` where JSON schema has a list of types."""
    if isinstance(described, list):
        return [_as_json_schema(each) for each in described]
    if not isinstance(described, dict):
        return described
    plain = {name: _as_json_schema(each) for name, each in described.items()}
    if plain.pop("nullable", False) is True and "type" in plain:
        plain["type"] = [plain["type"], "null"]
    return plain
