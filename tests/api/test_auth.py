"""Who may call: keys, scopes, and what a refusal looks like."""

import base64
from datetime import timedelta

import pytest
from django.test import Client

from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.tenants.models import ApiKey
from tests.api.world import World


def test_a_key_is_accepted_as_user_name_with_any_password_and_as_bearer(world: World) -> None:
    for password in ("", "anything", "with:colon"):
        basic = base64.b64encode(f"{world.secret}:{password}".encode()).decode()
        answer = Client().get("/v1/charges", headers={"Authorization": f"Basic {basic}"})
        assert answer.status_code == 200, answer.content
    bearer = {"Authorization": f"Bearer {world.secret}"}
    assert Client().get("/v1/charges", headers=bearer).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        None,
        "Basic",
        "Basic not-base64!",
        "Basic " + base64.b64encode(b":password").decode(),
        "Basic " + base64.b64encode(b"sk_test_wrong:").decode(),
        "Basic " + base64.b64encode(b"\xff\xfe:").decode(),
        "Bearer",
        "Bearer sk_test_wrong",
        "Bearer " + "x" * 5000,
        "Digest something",
    ],
)
def test_a_wrong_key_is_answered_401_with_a_challenge(db: None, header: str | None) -> None:
    answer = Client().get("/v1/charges", headers={"Authorization": header} if header else {})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    error = answer.json()["error"]
    assert error["message"]
    assert error["code"].startswith("key_")
    assert error["request_id"] == answer.headers["X-Request-Id"]


@pytest.mark.parametrize("field", ["expires_at", "revoked_at"])
def test_an_ended_key_is_refused(world: World, field: str) -> None:
    secret = world.add_key(**{field: clock.now() - timedelta(seconds=1)})
    assert world.client(secret).get("/charges").status_code == 401


def test_the_last_use_is_noted_at_most_once_a_minute(world: World) -> None:
    assert _last_use(world) is None
    world.client().get("/charges")
    first = _last_use(world)
    assert first is not None
    world.client().get("/charges")
    assert _last_use(world) == first


def _last_use(world: World) -> object:
    with scoping.tenant(world.tenant.id):
        return ApiKey.objects.get(id=world.key.id).last_used_at


def test_a_key_without_the_scope_is_refused_by_name(world: World) -> None:
    answer = world.client(world.add_key(scopes=["write"])).get("/charges")
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "scope_missing"
    assert "read" in answer.json()["error"]["message"]
