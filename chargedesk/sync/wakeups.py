"""Wakes workers through Redis, once per burst. Nothing depends on it: sweeps find what waits.

A flag in Redis says that a task for this subject is on its way; the task lowers it before it looks,
so that news arriving afterwards wakes it again. One script writes flag and task, in one round trip:
Celery's own way to publish costs more than everything else that accepts a webhook.
"""

import hashlib
import json
import time
from base64 import b64encode
from functools import cache
from typing import Any
from uuid import UUID

import redis
import structlog
from celery import current_app
from django.conf import settings

from chargedesk.kit import ids

log = structlog.get_logger(__name__)

HANDLE_INBOX = "sync.handle_inbox"
ADVANCE_RUN = "sync.advance_run"
POLL_EVENTS = "sync.poll_events"
CHECK_WEBHOOK = "sync.check_webhook"

# A lost task is woken again by the next news after this time, or by the sweep.
FLAG_LASTS_S = 15
# After a failure Redis is left alone this long, so that a dead one does not slow every request.
REST_AFTER_FAILURE_S = 5.0
_PATIENCE_S = 0.3

_RAISE_AND_SEND = """
if redis.call('SET', KEYS[1], 1, 'NX', 'EX', ARGV[1]) then
    return redis.call('LPUSH', KEYS[2], ARGV[2])
end
return 0
"""
# Redis knows a script by its SHA-1.
_SHA = hashlib.sha1(_RAISE_AND_SEND.encode(), usedforsecurity=False).hexdigest()
# What stands in a task's message until it is sent.
_ID, _TENANT, _SUBJECT, _BODY = "{id}", "{tenant}", "{subject}", "{body}"

_silent_until = 0.0


def wake(task: str, *, tenant_id: UUID, subject_id: UUID) -> bool:
    """Send `task(tenant, subject)` unless one is on its way. Call it after the commit.

    Returns whether it was sent; without Redis it says so in the log and returns False.
    """
    global _silent_until  # noqa: PLW0603  one breaker for the process
    if time.monotonic() < _silent_until:
        return False
    queue, message = _message(task, str(tenant_id), str(subject_id))
    values = (2, _flag(task, subject_id), queue, FLAG_LASTS_S, message)
    try:
        sent = _raise_and_send(*values)
    except redis.RedisError as error:
        _silent_until = time.monotonic() + REST_AFTER_FAILURE_S
        log.warning("sync.wake_up_failed", task=task, error=type(error).__name__)
        return False
    return bool(sent)


def awake(task: str, subject_id: UUID) -> None:
    """Lower the flag: the task runs, and later news needs a wake-up of its own."""
    try:
        _asked("DEL", _flag(task, subject_id))
    except redis.RedisError as error:
        log.warning("sync.flag_not_lowered", task=task, error=type(error).__name__)


@cache
def redis_client() -> redis.Redis:
    """This process's client, with little patience: whoever waits here is a webhook."""
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=_PATIENCE_S, socket_connect_timeout=_PATIENCE_S
    )


def _raise_and_send(*values: str | int) -> Any:
    try:
        return _asked("EVALSHA", _SHA, *values)
    except redis.exceptions.NoScriptError:
        return _asked("EVAL", _RAISE_AND_SEND, *values)


def _asked(*command: str | int) -> Any:
    """One command without the layers the client has around it: they cost more than the command."""
    pool = redis_client().connection_pool
    connection = pool.get_connection()
    try:
        connection.send_command(*command)  # type: ignore[no-untyped-call]
        return connection.read_response()
    finally:
        pool.release(connection)


def _message(task: str, tenant: str, subject: str) -> tuple[str, str]:
    queue, envelope, body = _form(task)
    body = body.replace(_TENANT, tenant).replace(_SUBJECT, subject)
    return queue, (
        envelope.replace(_ID, str(ids.new_id()))
        .replace(_TENANT, tenant)
        .replace(_SUBJECT, subject)
        .replace(_BODY, b64encode(body.encode()).decode())
    )


@cache
def _form(task: str) -> tuple[str, str, str]:
    """The queue, Celery's message as its Redis transport writes it, and the body in it."""
    message = current_app.amqp.create_task_message(
        _ID, task, [_TENANT, _SUBJECT], ignore_result=None
    )
    queue = current_app.conf.task_default_queue
    envelope = {
        "body": _BODY,
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": message.headers,
        "properties": {
            **message.properties,
            "delivery_mode": 2,
            "delivery_info": {"exchange": "", "routing_key": queue},
            "priority": 0,
            "body_encoding": "base64",
            "delivery_tag": _ID,
        },
    }
    return queue, json.dumps(envelope), json.dumps(message.body)


def _flag(task: str, subject_id: UUID) -> str:
    return f"chargedesk:awake:{task}:{subject_id}"
