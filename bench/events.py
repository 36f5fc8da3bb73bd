"""Measures the way from an event to the ledger: alone against dj-stripe, and in batches."""

import json
import secrets
from collections.abc import Sequence
from functools import partial
from typing import Any

from bench import peer, wsgi
from bench.company import Account, connected, event_bodies, open_account
from bench.figures import Figure
from bench.ground import Ground, say
from bench.measuring import Cost, Meter, quiet
from bench.plain_views import SECRET
from bench.signing import signed
from bench.statements import backend_pid, counted
from bench.webhooks import address, give_secret
from chargedesk.base import scoping
from chargedesk.sync.models import EventState, InboundEvent
from chargedesk.sync.services.inbox import handle_batch
from chargedesk.sync.tasks import handle_inbox
from chargedesk.tenants.models import Connection

# In the sandbox's words; each is a complete payload about an object that is new to everybody.
_TYPES = {
    "charge": "charge.succeeded",
    "invoice": "invoice.paid",
    "subscription": "customer.subscription.created",
    "customer": "customer.created",
}
_EACH = 40
# The first of each type warm up, or are counted instead of measured.
_COUNTED = 4
_BATCH = 500
_ACCEPTED = 202
# The statements that store one webhook; they have a figure of their own.
_TO_ACCEPT = 1


def measure(ground: Ground, application: Any) -> list[Figure]:
    """The figures of events."""
    peer.prepare(ground)
    account = _account(ground)
    bodies = {kind: _bodies(ground, account, kind) for kind in _TYPES}
    before = len(calls(ground, account))
    say("  dj-stripe")
    theirs = peer.djstripe(
        ground,
        key=account.key,
        order={"work": "events", "events": bodies, "secret": SECRET, "counted": _COUNTED},
    )
    between = len(calls(ground, account))
    say("  one event at a time")
    connection = connected(ground, account)
    give_secret(connection, SECRET)
    start = len(calls(ground, account))
    alone = {kind: _alone(application, connection, each) for kind, each in bodies.items()}
    say("  batches")
    batches = {kind: _in_a_batch(application, connection, each) for kind, each in bodies.items()}
    _refuse_unhandled(connection)
    events = sum(map(len, bodies.values()))
    return [
        *(_against(f"{kind}, alone", alone[kind][0], theirs[kind]) for kind in _TYPES),
        *(_against(f"{kind}, in a burst", batches[kind][0], theirs[kind]) for kind in _TYPES),
        Figure(
            name="event to ledger: provider calls",
            value=len(calls(ground, account)) - start,
            aim=0,
            against=f"dj-stripe: {(between - before) / events:.1f} calls per event",
        ),
        Figure(
            name="event to ledger: SQL statements, alone",
            value=max(handled for _cost, handled in alone.values()),
            aim=8,
            against="dj-stripe: "
            + ", ".join(f"{theirs[kind]['statements']} for a {kind}" for kind in _TYPES),
        ),
        Figure(
            name=f"event to ledger: SQL statements, batch of {_BATCH} of one type",
            value=max(handled for _cost, handled in batches.values()),
            aim=10,
            against="dj-stripe: the same as alone, for each event",
        ),
    ]


def calls(ground: Ground, account: Account) -> list[dict[str, Any]]:
    """What the account was asked so far."""
    entries: list[dict[str, Any]] = []
    while True:
        after = entries[-1]["seq"] if entries else 0
        page = ground.control("GET", "journal", account=account.id, after=after)["entries"]
        if not page:
            return entries
        entries += page


def _against(kind: str, ours: Cost, theirs: dict[str, Any]) -> Figure:
    peers = theirs["app_ms"] + theirs["database_ms"]
    return Figure(
        name=f"event to ledger: CPU, new {kind}",
        value=ours.cpu_ms / peers,
        aim=1 / 8,
        ours=f"{ours.cpu_ms:.2f} ms",
        against=f"dj-stripe: {peers:.2f} CPU-ms, {theirs['statements']} statements",
        wall=f"{ours.wall_ms:.2f} ms against {theirs['wall_ms']:.2f} ms",
    )


def _account(ground: Ground) -> Account:
    account = open_account(ground, customers=_EACH, charges=_EACH, has_events=True)
    # Each brings an invoice: half are for those, half for themselves.
    for _ in range(2 * _EACH):
        ground.control("POST", "objects", account=account.id, object="subscription", age_days=3)
    # The newest, so that no charge or subscription measured before made them known.
    for _ in range(_EACH):
        ground.control("POST", "objects", account=account.id, object="customer")
    return account


def _bodies(ground: Ground, account: Account, kind: str) -> list[str]:
    """Events of one kind; no object is known by an event of another kind."""
    if kind != "invoice":
        return event_bodies(ground, account, _TYPES[kind], count=_EACH)
    # The older half: with an invoice dj-stripe reads its subscription.
    return event_bodies(ground, account, _TYPES[kind], count=2 * _EACH)[_EACH:]


def _alone(application: Any, connection: Connection, bodies: Sequence[str]) -> tuple[Cost, int]:
    """What an event costs from its webhook to the ledger, and its statements once it is stored."""
    meter, statements = Meter(backend_pid), []
    for body in bodies[:_COUNTED]:
        _post(application, connection, body)
        with counted() as seen:
            _handle(connection)
        statements.append(len(seen))

    costs = meter.series(
        partial(_post_and_handle, application, connection, body) for body in bodies[_COUNTED:]
    )
    return quiet(costs), max(statements)


def _post_and_handle(application: Any, connection: Connection, body: str) -> None:
    _post(application, connection, body)
    _handle(connection)


def _in_a_batch(
    application: Any, connection: Connection, bodies: Sequence[str]
) -> tuple[Cost, int]:
    """What an event of a burst costs, and the statements of the whole batch after acceptance."""
    burst = [_variant(bodies[number % len(bodies)]) for number in range(_BATCH)]
    meter, taken = Meter(backend_pid), []

    def whole() -> None:
        for body in burst:
            _post(application, connection, body)
        taken.append(handle_batch(connection.tenant_id, connection.id))

    with counted() as seen:
        cost = meter.measure(whole, units=_BATCH)
    if taken != [_BATCH]:
        raise RuntimeError(f"{taken} events in a batch")
    return cost, len(seen) - _BATCH * _TO_ACCEPT


def _variant(body: str) -> str:
    event = json.loads(body)
    for known in (event["id"], event["data"]["object"]["id"]):
        prefix = known.rpartition("_")[0]
        body = body.replace(f'"{known}"', f'"{prefix}_{secrets.token_hex(10)}"')
    return body


def _handle(connection: Connection) -> None:
    handle_inbox(str(connection.tenant_id), str(connection.id))


def _post(application: Any, connection: Connection, body: str) -> None:
    raw = body.encode()
    environ = wsgi.post(address(connection), raw, headers=signed(raw, SECRET))
    answer = wsgi.ask(application, environ)
    if answer.status != _ACCEPTED:
        raise RuntimeError(f"webhook: {answer.status} {answer.body[:500]!r}")


def _refuse_unhandled(connection: Connection) -> None:
    with scoping.tenant(connection.tenant_id):
        left = InboundEvent.objects.exclude(state=EventState.HANDLED).count()
    if left:
        raise RuntimeError(f"{left} events did not reach the ledger")
