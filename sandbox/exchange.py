"""One call from request to answer: identify, let faults strike, perform, journal."""

import sqlite3
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from sandbox.behind import Behind
from sandbox.clock import Clock
from sandbox.faults import Fault, Faults, Strike
from sandbox.journal import Entry, write_entry
from sandbox.outbox import disturb
from sandbox.provider import Call, Provider
from sandbox.store import Store
from sandbox.webhooks import Postman
from sandbox.wire import Identity, Outcome, Request, Response, json_response


class Ending(Enum):
    """What happens to the connection."""

    SEND = auto()
    CLOSE = auto()
    RESET = auto()
    HALF = auto()


@dataclass(frozen=True)
class Answer:
    """A response and how it leaves."""

    response: Response
    ending: Ending = Ending.SEND


SILENCE = Response(0, b"")
LOST = Answer(SILENCE, Ending.CLOSE)
# These end the call before anything was done, the second group unless the rule says otherwise.
ALWAYS_WITHOUT_EFFECT = {"rate_limited", "answer_lost_before_effect"}
USUALLY_WITHOUT_EFFECT = {"error_500", "reset"}


class Exchange:
    """Runs calls for all providers."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        providers: Mapping[str, Provider],
        postman: Postman,
    ) -> None:
        self._store, self._clock, self._postman = store, clock, postman
        self._providers, self._behind = providers, Behind(providers)
        self.faults = Faults(store)
        self._claims: set[str] = set()
        self._claims_lock = threading.Lock()

    def run(self, request: Request) -> Answer:
        """Answer one call to a provider."""
        provider = self._providers.get(request.path.split("/")[1])
        if provider is None:
            return Answer(json_response(404, {"error": "no such provider"}))
        with self._store.read() as db:
            identity = provider.identify(request, db)
        if isinstance(identity, Response):
            self._journal(request, provider, Entry(provider.name, None, None, identity.status))
            return Answer(identity)
        strike = self.faults.strike(
            request,
            provider=provider.name,
            account=identity.account,
            can_lag=_can_lag(provider, request),
        )
        claim = provider.claim_of(request, identity)
        if claim is not None and not self._take(claim):
            return self._busy(request, provider, identity)
        return self._run_claimed(_Turn(request, provider, identity, strike, claim))

    def _run_claimed(self, turn: "_Turn") -> Answer:
        fault = turn.strike.answer
        if fault and fault.kind == "late_effect":
            threading.Thread(target=self._run_late, args=(turn, fault), daemon=True).start()
            return LOST
        try:
            if fault and _ends_before_effect(fault):
                return self._refuse(turn, fault)
            if fault and fault.kind == "delay_before_effect":
                time.sleep(fault.delay_s)
            outcome = self._perform(turn)
        finally:
            self._release(turn.claim)
        return self._finish(turn, outcome)

    def _run_late(self, turn: "_Turn", fault: Fault) -> None:
        try:
            time.sleep(fault.delay_s)
            self._perform(turn)
        finally:
            self._release(turn.claim)

    def _perform(self, turn: "_Turn") -> Outcome:
        if not turn.provider.is_write(turn.request):
            with self._store.read() as db:
                outcome = turn.provider.perform(turn.call(db, self._clock.now()))
            self._journal(turn.request, turn.provider, turn.entry(outcome))
            return outcome
        with self._store.write() as db:
            call = turn.call(db, self._clock.now())
            call.behind = self._behind
            outcome = turn.provider.perform(call)
            if turn.strike.webhook and call.deliveries:
                call.deliveries = disturb(db, call.deliveries, turn.strike.webhook, call.now)
            write_entry(db, turn.request, turn.entry(outcome), call.now)
        if call.deliveries:
            self._hand_over(turn, call.deliveries)
        if call.deliveries_behind:
            self._postman.nudge()
        return outcome

    def _hand_over(self, turn: "_Turn", numbers: list[int]) -> None:
        webhook = turn.strike.webhook
        if webhook and webhook.kind == "webhook_before_answer":
            self._postman.deliver_now(numbers)
        else:
            self._postman.nudge()

    def _refuse(self, turn: "_Turn", fault: Fault) -> Answer:
        answers = {"rate_limited", "error_500"}
        response = SILENCE
        if fault.kind in answers:
            response = turn.provider.fault_response(fault.kind, wait_s=fault.delay_s)
        entry = turn.entry(Outcome(response))
        self._journal(turn.request, turn.provider, entry)
        if fault.kind in answers:
            return Answer(response)
        return Answer(SILENCE, Ending.RESET if fault.kind == "reset" else Ending.CLOSE)

    def _finish(self, turn: "_Turn", outcome: Outcome) -> Answer:
        fault = turn.strike.answer
        kind = fault.kind if fault else ""
        if fault and kind == "delay_after_effect":
            time.sleep(fault.delay_s)
        if kind == "answer_lost_after_effect":
            return LOST
        if kind == "reset":
            return Answer(SILENCE, Ending.RESET)
        if kind == "half_body":
            return Answer(outcome.response, Ending.HALF)
        if kind == "empty_200":
            return Answer(Response(200, b"", outcome.response.headers))
        if fault and kind == "error_500":
            return Answer(turn.provider.fault_response(kind, wait_s=fault.delay_s))
        return Answer(outcome.response)

    def _busy(self, request: Request, provider: Provider, identity: Identity) -> Answer:
        response = provider.busy(request)
        key = provider.key_of(request)
        entry = Entry(provider.name, identity.account, key, response.status)
        self._journal(request, provider, entry)
        return Answer(response)

    def _journal(self, request: Request, provider: Provider, entry: Entry) -> None:
        with self._store.write() as db:
            write_entry(db, request, entry, self._clock.now())

    def _take(self, claim: str) -> bool:
        with self._claims_lock:
            if claim in self._claims:
                return False
            self._claims.add(claim)
            return True

    def _release(self, claim: str | None) -> None:
        if claim is not None:
            with self._claims_lock:
                self._claims.discard(claim)


def _can_lag(provider: Provider, request: Request) -> bool:
    call = f"{request.method} {request.path}"
    return provider.lagging is not None and provider.lagging.search(call) is not None


def _ends_before_effect(fault: Fault) -> bool:
    if fault.kind in ALWAYS_WITHOUT_EFFECT:
        return True
    return fault.kind in USUALLY_WITHOUT_EFFECT and not fault.has_effect


@dataclass(frozen=True)
class _Turn:
    request: Request
    provider: Provider
    identity: Identity
    strike: Strike
    claim: str | None

    def call(self, db: sqlite3.Connection, now: float) -> Call:
        answer, lag = self.strike.answer, self.strike.lag
        call = Call(self.request, self.identity, db, now, self.provider.key_of(self.request))
        if answer and answer.kind == "stored_500":
            call.stored_500, call.has_effect = True, answer.has_effect
        if lag:
            call.visible_at, call.hidden_since = now + lag.delay_s, now - lag.delay_s
        return call

    def entry(self, outcome: Outcome) -> Entry:
        return Entry(
            self.provider.name,
            self.identity.account,
            self.provider.key_of(self.request),
            outcome.response.status or None,
            outcome.effect,
            outcome.ids,
            self.strike.label,
            outcome.amount,
        )
