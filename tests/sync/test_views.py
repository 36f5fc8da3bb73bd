"""The webhook's door: stored before it is answered, and nothing untrusted gets in."""

import json
import threading
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import requests
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from chargedesk.base import scoping
from chargedesk.sync import wakeups
from chargedesk.sync.models import EventState, InboundEvent
from chargedesk.sync.refused import sweep_refused
from chargedesk.sync.views import LARGEST_BODY
from chargedesk.tenants.models import Connection
from chargedesk.tenants.services import remove_connection, roll_webhook_secret
from chargedesk.tenants.services.members import member_actor
from chargedesk.tenants.services.webhook_endpoints import forget_old_webhook_secrets
from tests.conftest import Running
from tests.services.accounts import (
    Account,
    Control,
    connect,
    new_tenant,
    new_user,
    open_account,
    reread,
)
from tests.services.statements import counted
from tests.sync.posting import post, secret_of, signature

pytestmark = pytest.mark.usefixtures("committed_db")
MONTH_S = 30 * 24 * 3600


@pytest.fixture
def account(control: Control) -> Iterator[Account]:
    """An account whose webhooks the test posts itself."""
    control.post("deliveries", do="pause")
    yield open_account(control, customers=1)
    control.post("deliveries", do="resume")


@pytest.fixture
def connection(account: Account) -> Connection:
    """The account, connected, with a webhook endpoint."""
    return connect(account, new_tenant(), has_webhook=True)


def _stored(connection: Connection) -> list[InboundEvent]:
    with scoping.tenant(connection.tenant_id):
        return list(InboundEvent.objects.filter(connection=connection))


def _event(account: Account) -> dict[str, Any]:
    account.make("charge", amount=1500)
    return account.events("charge.succeeded")[-1]


def test_signed_event_is_stored_once(
    account: Account, connection: Connection, live_web: Running
) -> None:
    event = _event(account)
    for _ in range(3):
        response = post(live_web.url, connection, event)
        assert (response.status_code, response.json()) == (202, {"received": 1})
    [stored] = _stored(connection)
    assert (stored.event_id, stored.type) == (event["id"], "charge.succeeded")


def test_same_event_at_the_same_moment_is_stored_once(
    account: Account, connection: Connection, live_web: Running
) -> None:
    raw = json.dumps(_event(account)).encode()
    header, gate, answers = signature(raw, secret_of(connection)), threading.Barrier(6), []

    def deliver() -> None:
        gate.wait()
        answers.append(post(live_web.url, connection, raw, header=header).status_code)

    threads = [threading.Thread(target=deliver) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [202] * 6
    assert len(_stored(connection)) == 1


def test_both_secrets_count_while_one_is_rolled(
    account: Account, connection: Connection, live_web: Running
) -> None:
    event, old = _event(account), secret_of(connection)
    roll_webhook_secret(connection.tenant_id, connection.id, actor=member_actor(new_user()))
    assert secret_of(connection) != old
    response = requests.post(
        f"{live_web.url}/webhooks/stripe/{connection.id}/",
        data=b"{}",
        headers={"Stripe-Signature": signature(b"{}", old)},
        timeout=10,
    )
    assert response.json()["error"]["code"] == "payload_invalid"
    assert post(live_web.url, connection, event).status_code == 202


@pytest.mark.parametrize("header", ["", "t=1,v1=00", "t=x,v1=0", "v1=00", "t=1"])
def test_bad_signature_is_refused_and_counted_cheaply(
    account: Account, connection: Connection, live_web: Running, header: str
) -> None:
    event, before = _event(account), reread(connection).signature_failures
    for _ in range(3):
        response = post(live_web.url, connection, event, header=header)
        assert response.status_code == 400
        assert response.json()["error"]["code"] == "signature_invalid"
    assert not _stored(connection)
    assert reread(connection).signature_failures == before
    sweep_refused()
    assert reread(connection).signature_failures == before + 3
    sweep_refused()
    assert reread(connection).signature_failures == before + 3


@pytest.mark.parametrize("age_s", [MONTH_S, 301, -301])
def test_replayed_webhook_is_refused(
    account: Account, connection: Connection, live_web: Running, age_s: int
) -> None:
    raw = json.dumps(_event(account)).encode()
    header = signature(raw, secret_of(connection), made_at=int(time.time()) - age_s)
    assert post(live_web.url, connection, raw, header=header).status_code == 400
    assert not _stored(connection)


@pytest.mark.parametrize("garbage", [b"", b"[]", b"\xff\xfe", b'{"id": 1}', b"null", b"[" * 50_000])
def test_signed_garbage_is_refused_and_kept(
    connection: Connection, live_web: Running, garbage: bytes
) -> None:
    for _ in range(2):
        response = post(live_web.url, connection, garbage)
        assert response.status_code == 400
        assert response.json()["error"]["code"] == "payload_invalid"
    [stored] = _stored(connection)
    assert (stored.state, bytes(stored.body)) == (EventState.FAILED, garbage)


@pytest.mark.parametrize("field", ["id", "type"])
@pytest.mark.parametrize("odd", ["\x00", "\ud800"])
def test_text_that_postgresql_cannot_keep_does_not_lose_the_event(
    account: Account, connection: Connection, live_web: Running, field: str, odd: str
) -> None:
    event = _event(account)
    event[field] += odd
    for _ in range(2):
        assert post(live_web.url, connection, event).status_code == 202
    [stored] = _stored(connection)
    assert json.loads(bytes(stored.body)) == event


def test_unsigned_garbage_leaves_nothing(connection: Connection, live_web: Running) -> None:
    assert post(live_web.url, connection, b"\x00garbage", header="t=1,v1=0").status_code == 400
    assert not _stored(connection)


def test_five_megabytes_are_refused_unread(connection: Connection, live_web: Running) -> None:
    body = b"x" * (5 * LARGEST_BODY)
    response = post(live_web.url, connection, body)
    assert response.status_code == 413
    assert not _stored(connection)


def test_unknown_removed_and_foreign_addresses_look_the_same(
    account: Account, connection: Connection, live_web: Running
) -> None:
    event, header = _event(account), "t=1,v1=0"
    removed = connect(open_account(account.control), new_tenant(), has_webhook=True)
    remove_connection(
        removed.tenant_id,
        removed.id,
        actor=member_actor(new_user()),
        has_unknown_orders=lambda _id: False,
    )
    answers = [
        post(live_web.url, Connection(id=uuid4()), event, header=header),
        post(live_web.url, removed, event, header=header),
        post(live_web.url, connection, event, header=header, gateway="paypal"),
    ]
    assert {each.status_code for each in answers} == {404}
    bodies = [each.json()["error"] for each in answers]
    assert all(each.pop("request_id") for each in bodies)
    assert bodies[0] == bodies[1] == bodies[2]


def test_only_post_is_answered(connection: Connection, live_web: Running) -> None:
    url = f"{live_web.url}/webhooks/stripe/{connection.id}/"
    assert requests.get(url, timeout=10).status_code == 405


def test_a_door_that_was_remembered_is_checked_again(
    account: Account, connection: Connection, live_web: Running
) -> None:
    """What a process remembers of an address counts only while it is still so."""
    first, second, third = (_event(account), *(_event(account) for _ in range(2)))
    assert post(live_web.url, connection, first).status_code == 202
    old = secret_of(connection)
    roll_webhook_secret(connection.tenant_id, connection.id, actor=member_actor(new_user()))
    assert post(live_web.url, connection, second).status_code == 202

    raw = json.dumps(third).encode()
    by_old = signature(raw, old)
    with scoping.tenant(connection.tenant_id):
        forget_old_webhook_secrets(connection.id, actor=member_actor(new_user()))
    refused = post(live_web.url, connection, raw, header=by_old)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "signature_invalid")

    by_new = signature(raw, secret_of(connection))
    remove_connection(
        connection.tenant_id,
        connection.id,
        actor=member_actor(new_user()),
        has_unknown_orders=lambda _id: False,
    )
    assert post(live_web.url, connection, raw, header=by_new).status_code == 404
    assert len(_stored(connection)) == 2


def test_accepting_takes_two_statements_and_one_at_a_known_door(
    account: Account, connection: Connection
) -> None:
    """Issue: at most 2 statements; BEGIN, COMMIT and setting the tenant are not counted."""
    taken: list[int] = []
    for _ in range(2):
        raw = json.dumps(_event(account)).encode()
        header = signature(raw, secret_of(connection))
        with CaptureQueriesContext(database) as captured:
            response = Client().post(
                f"/webhooks/stripe/{connection.id}/",
                data=raw,
                content_type="application/json",
                headers={"Stripe-Signature": header},
            )
        assert response.status_code == 202
        taken.append(len(counted(captured)))
    assert taken == [2, 1]


def test_dead_redis_does_not_fail_the_webhook(
    account: Account,
    connection: Connection,
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    wakeups.redis_client.cache_clear()
    monkeypatch.setattr(wakeups, "_silent_until", 0.0)
    raw = json.dumps(_event(account)).encode()
    try:
        response = Client().post(
            f"/webhooks/stripe/{connection.id}/",
            data=raw,
            content_type="application/json",
            headers={"Stripe-Signature": signature(raw, secret_of(connection))},
        )
    finally:
        wakeups.redis_client.cache_clear()
        monkeypatch.setattr(wakeups, "_silent_until", 0.0)
    assert response.status_code == 202
    assert len(_stored(connection)) == 1
