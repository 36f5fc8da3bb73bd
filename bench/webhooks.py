"""Measures accepting a webhook against a view that verifies and inserts one row."""

import json
import secrets
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any

import psycopg2

from bench import wsgi
from bench.company import connected, event_bodies, open_account
from bench.figures import Figure
from bench.ground import Ground
from bench.measuring import Meter
from bench.plain_views import EVENTS_TABLE, SECRET
from bench.signing import signed
from bench.statements import backend_pid, counted
from chargedesk.base import scoping
from chargedesk.tenants.credentials import sealed_webhook_secrets
from chargedesk.tenants.models import Connection

_ROUNDS, _PER_ROUND = 40, 25
_ACCEPTED = 202


def give_secret(connection: Connection, secret: str) -> None:
    """Let the connection take webhooks that are signed with it."""
    with scoping.tenant(connection.tenant_id):
        Connection.objects.filter(id=connection.id).update(
            webhook_secrets=sealed_webhook_secrets(connection.id, [secret])
        )


def address(connection: Connection) -> str:
    """Where its webhooks go."""
    return f"/webhooks/stripe/{connection.id}/"


def measure(ground: Ground, application: Any, floor: Any) -> list[Figure]:
    """The figures of accepting; `floor` is an application without middleware."""
    _make_floor_table(ground)
    account = open_account(ground, customers=1, charges=1, has_events=True)
    event = json.loads(event_bodies(ground, account, "charge.succeeded", count=1)[0])
    connection = connected(ground, account)
    give_secret(connection, SECRET)
    accept = _posting(application, address(connection), event)
    costs = Meter(backend_pid).contest(
        {"accept": accept, "floor": _posting(floor, "/bench/event", event)}, rounds=_ROUNDS
    )
    with counted() as statements:
        accept()
    ours, other = costs["accept"], costs["floor"]
    return [
        Figure(
            name="webhook accepted: CPU",
            value=ours.cpu_ms / other.cpu_ms,
            aim=2.5,
            ours=f"{ours.cpu_ms:.2f} ms",
            against=f"a view that verifies and inserts one row: {other.cpu_ms:.2f} CPU-ms",
            wall=f"{ours.wall_ms:.2f} ms against {other.wall_ms:.2f} ms",
        ),
        Figure(
            name="webhook accepted: SQL statements",
            value=len(statements) / _PER_ROUND,
            aim=2,
            against="a view that verifies and inserts one row: 1 statement",
        ),
    ]


def _make_floor_table(ground: Ground) -> None:
    with (
        closing(psycopg2.connect(ground.services.owner_database_url)) as owner,
        owner,
        owner.cursor() as cursor,
    ):
        cursor.execute(f"DROP TABLE IF EXISTS {EVENTS_TABLE}")
        cursor.execute(
            f"""CREATE TABLE {EVENTS_TABLE} (
                id uuid PRIMARY KEY, body bytea, received_at timestamptz)"""
        )


def _posting(application: Any, path: str, event: Mapping[str, Any]) -> Callable[[], int]:
    def post() -> int:
        for environ in [_environ(path, event) for _ in range(_PER_ROUND)]:
            answer = wsgi.ask(application, environ)
            if answer.status != _ACCEPTED:
                raise RuntimeError(f"{path}: {answer.status} {answer.body[:500]!r}")
        return _PER_ROUND

    return post


def _environ(path: str, event: Mapping[str, Any]) -> dict[str, Any]:
    # A new event each time: one that is known by its id would not be stored again.
    body = json.dumps({**event, "id": f"evt_{secrets.token_hex(12)}"}, indent=2).encode()
    return wsgi.post(path, body, headers=signed(body, SECRET))
