"""Waking: one message per burst, and the one that Celery itself would send."""

import json
import secrets
from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import pytest
from celery import current_app

from chargedesk.kit import ids
from chargedesk.sync import wakeups
from chargedesk.sync.wakeups import HANDLE_INBOX, awake, redis_client, wake

pytestmark = pytest.mark.usefixtures("committed_db")
TENANT, SUBJECT = ids.new_id(), ids.new_id()


@pytest.fixture(autouse=True)
def queue() -> Iterator[str]:
    """A queue that no worker listens to."""
    name = f"unheard-{secrets.token_hex(4)}"
    usual, current_app.conf.task_default_queue = current_app.conf.task_default_queue, name
    wakeups._form.cache_clear()
    yield name
    current_app.conf.task_default_queue = usual
    wakeups._form.cache_clear()
    redis_client().delete(name)
    awake(HANDLE_INBOX, SUBJECT)


def _messages(queue: str) -> list[dict[str, Any]]:
    return [json.loads(each) for each in redis_client().lrange(queue, 0, -1)]


def _without_names(message: dict[str, Any]) -> dict[str, Any]:
    """The same without what is another one in each message."""
    body = b64decode(message.pop("body")).decode()
    for part, name in (
        *(("headers", name) for name in ("id", "root_id")),
        *(("properties", name) for name in ("correlation_id", "delivery_tag", "reply_to")),
    ):
        message[part].pop(name)
    return {**message, "body": json.loads(body)}


def test_the_message_is_the_one_celery_would_send(queue: str) -> None:
    assert wake(HANDLE_INBOX, tenant_id=TENANT, subject_id=SUBJECT)
    current_app.send_task(HANDLE_INBOX, args=[str(TENANT), str(SUBJECT)], queue=queue)

    theirs, ours = _messages(queue)
    assert ours["headers"]["id"] == ours["properties"]["correlation_id"]
    assert _without_names(ours) == _without_names(theirs)


def test_a_burst_sends_one_and_news_after_it_another(queue: str) -> None:
    assert [wake(HANDLE_INBOX, tenant_id=TENANT, subject_id=SUBJECT) for _ in range(3)] == [
        True,
        False,
        False,
    ]
    awake(HANDLE_INBOX, SUBJECT)
    assert wake(HANDLE_INBOX, tenant_id=TENANT, subject_id=SUBJECT)

    sent = _messages(queue)
    assert len(sent) == 2
    assert sent[0]["headers"]["id"] != sent[1]["headers"]["id"]


def test_a_redis_that_forgot_the_script_is_told_again(queue: str) -> None:
    redis_client().script_flush()

    assert wake(HANDLE_INBOX, tenant_id=TENANT, subject_id=SUBJECT)
    assert len(_messages(queue)) == 1
