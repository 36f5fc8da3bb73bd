"""Scripted misbehaviour: rules that a test arms, and what they turn a call into."""

import json
import random
import re
import sqlite3
from dataclasses import dataclass
from typing import Any

from sandbox.store import Store
from sandbox.wire import Json, Request

ANSWER_KINDS = frozenset(
    {
        "answer_lost_after_effect",
        "answer_lost_before_effect",
        "late_effect",
        "delay_before_effect",
        "delay_after_effect",
        "rate_limited",
        "error_500",
        "stored_500",
        "reset",
        "half_body",
        "empty_200",
    }
)
WEBHOOK_KINDS = frozenset(
    {
        "webhook_before_answer",
        "webhook_delayed",
        "webhook_doubled",
        "webhook_reordered",
        "webhook_dropped",
    }
)
LAG_KINDS = frozenset({"lookup_lag"})
KINDS = ANSWER_KINDS | WEBHOOK_KINDS | LAG_KINDS

# Whether the call still has its effect; a rule may say otherwise with "effect": "done" or "none".
EFFECT_BY_DEFAULT = {"reset": "none", "error_500": "none"}
DEFAULT_DELAY = {"lookup_lag": 60.0, "webhook_delayed": 5.0, "late_effect": 3.0}
FIELDS = frozenset(
    {
        "provider",
        "account",
        "method",
        "path_regex",
        "kind",
        "times",
        "probability",
        "seed",
        "delay_s",
        "effect",
    }
)


class FaultRuleError(ValueError):
    """The rule cannot be understood."""

    code = "fault_rule_invalid"


@dataclass(frozen=True)
class Armed:
    """A rule that may still strike, ready to be compared with a call."""

    id: int
    rule: Json
    path: re.Pattern[str]

    @property
    def group(self) -> str:
        """A call is struck by at most one rule of a group."""
        return _group(self.rule["kind"])

    def fits(self, request: Request, provider: str, account: str, *, can_lag: bool) -> bool:
        """Tell whether the rule is about this call."""
        return (
            (can_lag or self.rule["kind"] not in LAG_KINDS)
            and self.rule.get("provider") in {None, provider}
            and self.rule.get("account") in {None, account}
            and str(self.rule.get("method") or request.method).upper() == request.method
            and self.path.search(request.path) is not None
        )


@dataclass(frozen=True)
class Fault:
    """A rule that has struck."""

    kind: str
    delay_s: float
    has_effect: bool


@dataclass(frozen=True)
class Strike:
    """All that has struck one call: at most one rule of each group."""

    answer: Fault | None = None
    webhook: Fault | None = None
    lag: Fault | None = None

    @property
    def label(self) -> str | None:
        """The kinds as the journal names them."""
        kinds = [fault.kind for fault in (self.answer, self.webhook, self.lag) if fault]
        return "+".join(kinds) or None


class Faults:
    """Keeps the rules on disk, so that a restart neither forgets nor repeats one.

    Those that may still strike are also kept in memory: a long session arms hundreds for accounts
    of its own, and every call asks.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        with store.read() as db:
            rows = db.execute("SELECT * FROM faults ORDER BY id").fetchall()
        rules = [(row, json.loads(row["rule"])) for row in rows]
        # Replaced, never changed: a call that goes through it needs no lock.
        self._armed = tuple(
            _armed(row["id"], rule) for row, rule in rules if not _used_up(rule, row["consumed"])
        )

    def arm(self, rule: Json) -> int:
        """Keep a rule and answer its number."""
        check_rule(rule)
        with self._store.write() as db:
            cursor = db.execute("INSERT INTO faults (rule) VALUES (?)", (json.dumps(rule),))
            number = int(cursor.lastrowid or 0)
            self._armed = (*self._armed, _armed(number, rule))
        return number

    def disarm(self) -> None:
        """Forget all rules."""
        with self._store.write() as db:
            db.execute("DELETE FROM faults")
            self._armed = ()

    def rules(self) -> list[Json]:
        """Show every rule with how often it was consumed."""
        with self._store.read() as db:
            rows = db.execute("SELECT * FROM faults ORDER BY id").fetchall()
        return [_shown(row) for row in rows]

    def strike(self, request: Request, *, provider: str, account: str, can_lag: bool) -> Strike:
        """Find what strikes this call and count it as consumed.

        A lag strikes only a call that some look-up can show late: none is used up on the others.
        """
        fitting = [
            each for each in self._armed if each.fits(request, provider, account, can_lag=can_lag)
        ]
        if not fitting:
            return Strike()
        found: dict[str, Fault] = {}
        with self._store.write() as db:
            for each in fitting:
                if each.group not in found and self._consume(db, each):
                    found[each.group] = _fault(each.rule)
        return Strike(**found)

    def _consume(self, db: sqlite3.Connection, armed: Armed) -> bool:
        row = db.execute("SELECT * FROM faults WHERE id = ?", (armed.id,)).fetchone()
        # Disarmed, or used up by another call, since this one looked.
        if row is None or _used_up(armed.rule, row["consumed"]):
            return False
        hit = _is_hit(row, armed.rule)
        db.execute(
            "UPDATE faults SET seen = seen + 1, consumed = consumed + ? WHERE id = ?",
            (int(hit), armed.id),
        )
        if _used_up(armed.rule, row["consumed"] + int(hit)):
            self._armed = tuple(each for each in self._armed if each is not armed)
        return hit


def check_rule(rule: Json) -> None:
    """Raise FaultRuleError for a rule that could never strike as meant."""
    unknown = set(rule) - FIELDS
    if unknown:
        raise FaultRuleError(f"unknown field: {min(unknown)}")
    if rule.get("kind") not in KINDS:
        raise FaultRuleError(f"unknown kind: {rule.get('kind')}")
    if rule.get("effect", "done") not in {"done", "none"}:
        raise FaultRuleError("effect is done or none")
    try:
        re.compile(rule.get("path_regex", ""))
    except re.error as error:
        raise FaultRuleError(f"path_regex: {error}") from error


def _armed(number: int, rule: Json) -> Armed:
    return Armed(number, rule, re.compile(rule.get("path_regex") or ""))


def _used_up(rule: Json, consumed: int) -> bool:
    times = rule.get("times")
    return times is not None and consumed >= times


def _shown(row: sqlite3.Row) -> Json:
    rule: dict[str, Any] = json.loads(row["rule"])
    times = rule.get("times")
    left = None if times is None else max(times - row["consumed"], 0)
    return {"id": row["id"], **rule, "consumed": row["consumed"], "left": left}


def _group(kind: str) -> str:
    if kind in WEBHOOK_KINDS:
        return "webhook"
    return "lag" if kind in LAG_KINDS else "answer"


def _is_hit(row: sqlite3.Row, rule: Json) -> bool:
    seed = f"{rule.get('seed', 0)}/{row['id']}/{row['seen']}"
    # S311: a repeatable coin is wanted here, nothing secret hangs on it.
    hit: bool = random.Random(seed).random() < rule.get("probability", 1.0)  # noqa: S311
    return hit


def _fault(rule: Json) -> Fault:
    kind = rule["kind"]
    effect = rule.get("effect", EFFECT_BY_DEFAULT.get(kind, "done"))
    delay = float(rule.get("delay_s", DEFAULT_DELAY.get(kind, 1.0)))
    return Fault(kind, delay, effect == "done")
