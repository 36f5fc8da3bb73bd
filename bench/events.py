"""Measures the way from an event to the ledger: alone against dj-stripe, and in batches."""

import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench import peer, wsgi
from bench.company import Account, connected, event_bodies, open_account
from bench.figures import Figure
from bench.ground import Ground, say
from bench.journal import Journal
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
# As many in a row before the other has its turn.
_TURN = 18
_BATCH = 500
_ACCEPTED = 202
# The statements that store one webhook; they have a figure of their own.
_TO_ACCEPT = 1


@dataclass
class Side:
    """One of two who take turns: its costs per event, statements of one event, provider calls."""

    costs: list[Cost] = field(default_factory=list)
    statements: int = 0
    calls: int = 0

    @property
    def cost(self) -> Cost:
        """What an event costs in quiet."""
        return quiet(self.costs)


def measure(ground: Ground, application: Any) -> list[Figure]:
    """The figures of events."""
    peer.prepare(ground)
    account = _account(ground)
    bodies = {kind: _bodies(ground, account, kind) for kind in _TYPES}
    connection, journal = connected(ground, account), Journal(ground, account)
    give_secret(connection, SECRET)
    post = _Posting(application, connection)
    say("  one event at a time, in turns with dj-stripe")
    with peer.djstripe(ground, key=account.key) as rival:
        sides = {kind: _in_turns(post, rival, each, journal) for kind, each in bodies.items()}
    say("  batches")
    journal.new_calls()
    batches = {kind: _in_a_batch(post, each) for kind, each in bodies.items()}
    _refuse_unhandled(connection)
    theirs, ours = zip(*sides.values(), strict=True)
    return [
        *(_against(f"{kind}, alone", us.cost, them) for kind, (them, us) in sides.items()),
        *(_against(f"{kind}, in a burst", batches[kind][0], sides[kind][0]) for kind in _TYPES),
        Figure(
            name="event to ledger: provider calls",
            value=sum(us.calls for us in ours) + journal.new_calls(),
            aim=0,
            against=f"dj-stripe: {sum(them.calls for them in theirs) / (_EACH * len(_TYPES)):.1f}"
            " calls per event",
        ),
        Figure(
            name="event to ledger: SQL statements, alone",
            value=max(us.statements for us in ours),
            aim=8,
            against="dj-stripe: "
            + ", ".join(f"{them.statements} for a {kind}" for kind, (them, _) in sides.items()),
        ),
        Figure(
            name=f"event to ledger: SQL statements, batch of {_BATCH} of one type",
            value=max(handled for _cost, handled in batches.values()),
            aim=10,
            against="dj-stripe: the same as alone, for each event",
        ),
    ]


def _against(kind: str, ours: Cost, theirs: Side) -> Figure:
    peers = theirs.cost
    return Figure(
        name=f"event to ledger: CPU, new {kind}",
        value=ours.cpu_ms / peers.cpu_ms,
        aim=1 / 8,
        ours=f"{ours.cpu_ms:.2f} ms",
        against=f"dj-stripe: {peers.cpu_ms:.2f} CPU-ms, {theirs.statements} statements",
        wall=f"{ours.wall_ms:.2f} ms against {peers.wall_ms:.2f} ms",
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


@dataclass(frozen=True)
class _Posting:
    """Posts events to the product, and has them handled."""

    application: Any
    connection: Connection

    def accepting(self, body: str) -> Callable[[], None]:
        """Posts this event; what its sender does is done already."""
        raw = body.encode()
        environ = wsgi.post(address(self.connection), raw, headers=signed(raw, SECRET))

        def accept() -> None:
            answer = wsgi.ask(self.application, environ)
            if answer.status != _ACCEPTED:
                raise RuntimeError(f"webhook: {answer.status} {answer.body[:500]!r}")

        return accept

    def handle(self) -> None:
        handle_inbox(str(self.connection.tenant_id), str(self.connection.id))

    def whole(self, body: str) -> Callable[[], None]:
        """Posts this event and has it handled."""
        accept = self.accepting(body)

        def work() -> None:
            accept()
            self.handle()

        return work


def _in_turns(
    post: _Posting, rival: peer.Rival, bodies: Sequence[str], journal: Journal
) -> tuple[Side, Side]:
    """What an event costs dj-stripe and us from webhook to ledger.

    Our statements are those after it is stored. A busy machine slows both the same.
    """
    theirs, ours, meter = Side(), Side(), Meter(backend_pid)
    first, rest = bodies[:_COUNTED], bodies[_COUNTED:]
    theirs.statements = rival.ask("count", events=first, secret=SECRET)
    theirs.calls += journal.new_calls()
    ours.statements = max(_statements(post, body) for body in first)
    for start in range(0, len(rest), _TURN):
        ours.calls += journal.new_calls()
        turn = rest[start : start + _TURN]
        theirs.costs += [Cost(**each) for each in rival.ask("post", events=turn, secret=SECRET)]
        theirs.calls += journal.new_calls()
        ours.costs += meter.series([post.whole(body) for body in turn])
    ours.calls += journal.new_calls()
    return theirs, ours


def _statements(post: _Posting, body: str) -> int:
    post.accepting(body)()
    with counted() as seen:
        post.handle()
    return len(seen)


def _in_a_batch(post: _Posting, bodies: Sequence[str]) -> tuple[Cost, int]:
    """What an event of a burst costs, and the statements of the whole batch after acceptance."""
    burst = [post.accepting(_variant(bodies[number % len(bodies)])) for number in range(_BATCH)]
    meter, taken = Meter(backend_pid), []

    def whole() -> None:
        for accept in burst:
            accept()
        taken.append(handle_batch(post.connection.tenant_id, post.connection.id))

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


def _refuse_unhandled(connection: Connection) -> None:
    with scoping.tenant(connection.tenant_id):
        left = InboundEvent.objects.exclude(state=EventState.HANDLED).count()
    if left:
        raise RuntimeError(f"{left} events did not reach the ledger")
