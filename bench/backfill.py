"""Measures reading a charge of the history, against dj-stripe and against the bare minimum."""

import json
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg2
import requests
from django.db import connection as database
from psycopg2.extras import Json, execute_values

from bench import peer
from bench.company import Account, connected, open_account
from bench.figures import Figure
from bench.ground import Ground
from bench.journal import Journal
from bench.measuring import Cost, Meter
from bench.statements import backend_pid
from chargedesk.base import scoping
from chargedesk.kit.ids import derived_id
from chargedesk.ledger.models import Charge
from chargedesk.sync.models import RunKind, SyncPhase
from chargedesk.sync.services import start_run
from chargedesk.sync.services.backfill import advance
from chargedesk.sync.tasks import SLICE_S
from chargedesk.tenants.models import Connection
from gateways.snapshots import ObjectKind

_CUSTOMERS, _CHARGES = 100, 1000
_ROUNDS = 5
# dj-stripe needs thirty times as long for one.
_PEER_ROUNDS, _PEER_PER_ROUND = 6, 10
_PAGE = 100
_TABLE = "bench_charge"


def measure(ground: Ground) -> list[Figure]:
    """The figures of the backfill."""
    peer.prepare(ground)
    account = open_account(ground, customers=_CUSTOMERS, charges=_CHARGES, has_events=False)
    journal = Journal(ground, account)
    with peer.djstripe(ground, key=account.key) as rival:
        rounds = {"rounds": _PEER_ROUNDS, "per_round": _PEER_PER_ROUND}
        theirs = Cost(**rival.ask("backfill", key=account.key, **rounds))
    peer_calls = journal.new_calls()
    read = _PEER_ROUNDS * (_PEER_PER_ROUND + 1)
    _make_floor_table(ground)
    pages = list(_pages(ground, account))
    costs = Meter(backend_pid).contest(
        {"ours": _reading(ground, account), "floor": lambda: _upserted(pages)}, rounds=_ROUNDS
    )
    ours, floor = costs["ours"], costs["floor"]
    return [
        _against(
            "dj-stripe",
            ours,
            theirs,
            aim=1 / 30,
            more=f", {peer_calls / read:.1f} provider calls per charge",
        ),
        _against("bare parsing and batched upserts of the same columns", ours, floor, aim=4),
    ]


def _against(what: str, ours: Cost, other: Cost, *, aim: float, more: str = "") -> Figure:
    return Figure(
        name=f"backfill a charge: CPU against {what}",
        value=ours.cpu_ms / other.cpu_ms,
        aim=aim,
        ours=f"{ours.cpu_ms:.3f} ms",
        against=f"{what}: {other.cpu_ms:.3f} CPU-ms{more}",
        wall=f"{ours.wall_ms:.2f} ms against {other.wall_ms:.2f} ms",
    )


def _reading(ground: Ground, account: Account) -> Callable[[], int]:
    """A company of its own each time: the charges are new to it, as at a first import."""
    waiting: list[Connection] = [connected(ground, account) for _ in range(_ROUNDS + 1)]

    def read() -> int:
        connection = waiting.pop()
        with scoping.tenant(connection.tenant_id):
            run = start_run(connection.id, RunKind.BACKFILL)
            others = SyncPhase.objects.filter(run=run).exclude(object_kind=ObjectKind.CHARGE)
            others.update(is_finished=True)
        while advance(connection.tenant_id, run.id, budget_s=SLICE_S):
            pass
        with scoping.tenant(connection.tenant_id):
            stored = Charge.objects.count()
        if stored != account.charges:
            raise RuntimeError(f"{stored} charges stored")
        return stored

    return read


def _pages(ground: Ground, account: Account) -> Iterator[bytes]:
    query: dict[str, str] = {"limit": str(_PAGE), "expand[]": "data.balance_transaction"}
    has_more = True
    while has_more:
        answer = requests.get(
            f"{ground.sandbox_url}/stripe/v1/charges",
            params=query,
            auth=(account.key, ""),
            timeout=60,
        )
        answer.raise_for_status()
        yield answer.content
        page = answer.json()
        query["starting_after"], has_more = page["data"][-1]["id"], page["has_more"]


def _make_floor_table(ground: Ground) -> None:
    with (
        closing(psycopg2.connect(ground.services.owner_database_url)) as owner,
        owner,
        owner.cursor() as cursor,
    ):
        cursor.execute(f"DROP TABLE IF EXISTS {_TABLE}")
        cursor.execute(f"CREATE TABLE {_TABLE} (LIKE ledger_charge INCLUDING ALL)")


def _upserted(pages: list[bytes]) -> int:
    """The floor: parse each page, compress each payload, one upsert per page; nothing else."""
    tenant = derived_id("bench")
    with database.cursor() as cursor:
        cursor.execute(f"DELETE FROM {_TABLE}")
    done = 0
    for page in pages:
        rows = [_row(tenant, charge) for charge in json.loads(page)["data"]]
        with database.cursor() as cursor:
            execute_values(cursor.cursor, _UPSERT, rows, page_size=len(rows))
        done += len(rows)
    return done


def _row(tenant: UUID, charge: dict[str, Any]) -> tuple[Any, ...]:
    at = datetime.fromtimestamp(charge["created"], UTC)
    settled = charge["balance_transaction"] or {}
    method = charge["payment_method_details"] or {}
    card = method.get("card") or {}
    return (
        *(str(derived_id(charge["id"])), str(tenant), str(tenant), charge["id"], at, at, False),
        *(zlib.compress(json.dumps(charge).encode(), 1), at, str(derived_id(charge["id"], "r"))),
        *(str(derived_id(charge["customer"])), "", "", charge["status"], charge["amount"]),
        *(charge["amount_captured"], charge["amount_refunded"], charge["currency"].upper()),
        *(settled.get("fee"), settled.get("net"), str(settled.get("currency") or "").upper()),
        *(charge["description"] or "", charge["calculated_statement_descriptor"] or ""),
        *(method.get("type") or "", card.get("brand") or "", card.get("last4") or ""),
        *(charge["failure_code"] or "", charge["failure_message"] or "", None),
        *(charge["disputed"], charge["livemode"], charge["receipt_url"] or ""),
        Json(charge["metadata"]),
    )


_COLUMNS = (
    "id",
    "tenant_id",
    "connection_id",
    "external_id",
    "as_of",
    "occurred_at",
    "is_deleted",
    "raw",
    "recorded_at",
    "root_id",
    "gateway_customer_id",
    "invoice_external_id",
    "subscription_external_id",
    "status",
    "amount_minor",
    "captured_minor",
    "refunded_minor",
    "currency",
    "fee_minor",
    "net_minor",
    "settled_currency",
    "description",
    "statement_descriptor",
    "method_kind",
    "method_brand",
    "method_last4",
    "failure_code",
    "failure_message",
    "capture_before",
    "is_disputed",
    "is_live",
    "receipt_url",
    "metadata",
)
_UPSERT = f"""INSERT INTO {_TABLE} ({", ".join(_COLUMNS)}) VALUES %s
    ON CONFLICT (id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _COLUMNS)}"""
