"""Every error leaves in one shape, whatever went wrong and wherever."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client

from chargedesk.base.errors import flat_fields
from tests.api.world import World


def assert_shape(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"] == "application/json"
    body = answer.json()
    assert set(body) == {"error"}
    error: dict[str, Any] = body["error"]
    assert error["code"] == code
    assert error["message"]
    assert error["request_id"] == answer.headers["X-Request-Id"]
    assert set(error) <= {"message", "incorrect_parameter", "code", "fields", "request_id"}
    return error


@pytest.mark.parametrize("path", ["/v1/", "/v1/nothing", "/v1/charges/", "/v1/charges/a/b/c"])
def test_an_unknown_path_is_404_in_our_shape_for_every_method(db: None, path: str) -> None:
    for method in ("get", "post", "put", "delete", "options"):
        assert_shape(getattr(Client(), method)(path), 404, "not_found")


def test_a_page_outside_the_api_keeps_its_own_404(db: None) -> None:
    assert Client().get("/nothing").headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
def test_a_method_that_is_not_there(world: World, method: str) -> None:
    client = world.client()
    answer = getattr(client.django, method)("/v1/charges", headers=client.headers)
    # A method no scope is named for is closed before it is missing.
    assert answer.status_code in (403, 405)
    assert_shape(answer, answer.status_code, answer.json()["error"]["code"])


def test_a_host_that_is_not_ours_is_refused_in_our_shape(db: None) -> None:
    answer = Client().get("/v1/charges", headers={"Host": "elsewhere.example"})
    assert_shape(answer, 400, "invalid_request")


def test_every_answer_carries_a_request_id_of_its_own(world: World) -> None:
    first, second = (world.client().get("/charges").headers["X-Request-Id"] for _ in range(2))
    assert first != second
    own = world.client().get("/charges", None, **{"X-Request-Id": "mine"})
    assert own.headers["X-Request-Id"] != "mine"


def test_whatever_a_client_accepts_it_gets_json(world: World) -> None:
    for accepted in ("text/html", "application/xml", "*/*"):
        assert world.client().get("/charges", Accept=accepted).status_code == 200


def test_a_failure_of_ours_is_500_in_our_shape_and_tells_nothing(world: World) -> None:
    client = world.client()
    client.get("/charges")
    with connection.execute_wrapper(_broken):
        answer = client.get("/charges")
    error = assert_shape(answer, 500, "internal_error")
    assert "secret detail" not in str(error)


def _broken(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001
    if "ledger_charge" in sql:
        raise RuntimeError("secret detail")
    return execute(sql, params, many, context)


def test_nested_complaints_are_named_like_parameters() -> None:
    detail = {"occurred": {"min": ["wrong"]}, "plans": [{"id": ["a", "b"]}], "count": ["c"]}
    assert flat_fields(detail) == {
        "occurred[min]": "wrong",
        "plans[0][id]": "a b",
        "count": "c",
    }
