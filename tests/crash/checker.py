"""Compares the provider's own account of the money with ours, over all objects of all firms."""

import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

from audit.models import AuditEvent
from chargedesk.actions.models import ActionIntent, IntentState
from chargedesk.base import scoping
from chargedesk.ledger.models import Charge, Hold, MoneyRoot
from gateways.capabilities import ActionKind
from tests.crash.books import Books, books_of
from tests.crash.results import stands
from tests.crash.town import Firm
from tests.crash.wishes import TAKING

HAPPENED = (IntentState.SUCCEEDED, IntentState.PENDING, IntentState.REVERSED)
UNFINISHED = (
    IntentState.READY,
    IntentState.EXECUTING,
    IntentState.UNKNOWN,
    IntentState.AWAITING_APPROVAL,
)
# What an order's last turn in the audit log says of its state.
_LAST_TURN = {
    IntentState.SUCCEEDED: "action.succeeded",
    IntentState.PENDING: "action.pending",
    IntentState.FAILED: "action.failed",
    IntentState.REVERSED: "action.reversed",
    IntentState.EXPIRED: "action.expired",
    IntentState.REJECTED: "action.rejected",
    IntentState.CANCELED: "action.canceled",
    IntentState.SUPERSEDED: "action.superseded",
    IntentState.UNKNOWN: "action.unknown",
}
_ENDS = {"action.succeeded", "action.failed", "action.expired", "action.rejected"}
# An order whose clock was moved on by hours is told to people; that is no fault.
_EXPECTED_INCIDENT = "unknown for an hour"


def violations(firms: Iterable[Firm]) -> list[str]:
    """Everything that is not as the money rules promise; empty if all is well."""
    found = []
    # The providers' clocks know whole seconds: a read within the last one could not overrule it.
    time.sleep(1.1)
    for firm in firms:
        firm.read_all()
        books = books_of(firm)
        for check in (_of_intents, _of_calls, of_charges, _of_markers, of_the_ledger):
            found += [
                f"{firm.house.name} {firm.account.id}: {sentence}" for sentence in check(books)
            ]
    return found


def unconsumed_faults(
    firms: Iterable[Firm], *, aimed: Mapping[str, datetime] | None = None
) -> list[str]:
    """Faults that were armed for these firms and never struck.

    `aimed` are rules for one order's call, with the time they were armed: who died before making
    it, and has no key to repeat it with, never makes it. Such a rule counts only if the call did
    come by. A list that lags is no
    call's fault: it strikes whoever happens to look for an order, and the record counts how often.
    """
    by_account = {firm.account.id: firm for firm in firms}
    return [
        f"fault {rule['id']} {rule['kind']} on {rule.get('path_regex', '')} never struck"
        for rule in _rules(by_account.values())
        if rule["left"]
        and rule["kind"] != "lookup_lag"
        and _had_its_chance(by_account[rule["account"]], rule, (aimed or {}).get(rule["id"]))
    ]


def _had_its_chance(firm: Firm, rule: dict[str, Any], since: datetime | None) -> bool:
    return since is None or any(
        call["method"] == rule["method"]
        and re.search(rule["path_regex"], call["path"])
        and datetime.fromisoformat(call["time"]) > since
        for call in firm.account.calls()
    )


def consumed_faults(firms: Iterable[Firm]) -> Counter[str]:
    """How often each kind of fault struck these firms."""
    struck: Counter[str] = Counter()
    for rule in _rules(firms):
        struck[rule["kind"]] += rule["consumed"]
    return struck


def _rules(firms: Iterable[Firm]) -> list[dict[str, Any]]:
    by_account = {firm.account.id: firm for firm in firms}
    control = next(iter(by_account.values())).account.control
    return [rule for rule in control.get("faults")["faults"] if rule.get("account") in by_account]


def _of_intents(books: Books) -> Iterator[str]:
    """One intent, one effect, one true state, and every turn in the audit log."""
    for intent in books.intents:
        name = f"{intent.action} {intent.id} ({intent.state} {intent.failure_code})"
        effects, is_so = books.effects(intent), stands(books.firm, intent)
        if len(effects) > 1:
            yield f"{name} had {len(effects)} effects"
        if intent.state in UNFINISHED:
            yield f"{name} is not settled, effects: {len(effects)}"
        elif intent.state in HAPPENED and not effects and not is_so:
            yield f"{name} is shown as done, but nothing of ours is at the provider"
        elif intent.state not in HAPPENED and effects:
            yield f"{name} is shown as not done, but it happened: {effects[0]}"
        elif is_so is not None and is_so != (intent.state in HAPPENED):
            yield f"{name}, but its object {'is' if is_so else 'is not'} as ordered"
        if intent.state in HAPPENED and intent.result_minor != intent.amount_minor:
            yield f"{name} moved {intent.result_minor} instead of {intent.amount_minor}"
        yield from _of_things_made(name, intent, books)
        yield from of_turns(name, intent, books.turns.get(str(intent.id), []))


def _of_things_made(name: str, intent: ActionIntent, books: Books) -> Iterator[str]:
    """One charge, one subscription, one link, one bill for each order."""
    effects, made = books.effects(intent), books.made_by(intent)
    kind = books.firm.ways.makes.get(ActionKind(intent.action))
    if kind and len(made) != len(effects):
        yield f"{name} made {len(made)} of {kind} in {len(effects)} calls"
    if intent.action == ActionKind.CHANGE_SUBSCRIPTION and books.firm.ways.billed:
        bills = books.billed.get(intent.target_id, [])
        if len(bills) != (intent.state in HAPPENED):
            yield f"{name} was billed {len(bills)} times"


def _of_calls(books: Books) -> Iterator[str]:
    """Nothing was done with a key, or made where orders make things, that no order wanted."""
    ordered = [(each, books.ids_made_by(each)) for each in books.intents]
    makers = {
        (step["method"], step["path"])
        for intent in books.intents
        if ActionKind(intent.action) in books.firm.ways.makes
        for step in intent.steps
    }
    for call in books.calls:
        is_made = any(
            call["method"] == method and call["path"].endswith(path) for method, path in makers
        )
        is_before = not ordered or datetime.fromisoformat(call["time"]) < ordered[0][0].created_at
        if is_before or not (call["idempotency_key"] or is_made):
            continue
        if not any(books.is_of(call, intent, made) for intent, made in ordered):
            yield f"nobody ordered {call['effect']} by {call['method']} {call['path']}"


def of_turns(name: str, intent: ActionIntent, turns: list[AuditEvent]) -> Iterator[str]:
    verbs = [entry.verb for entry in turns]
    if verbs[:1] != ["action.requested"]:
        yield f"{name} was requested, but the audit log does not begin so: {verbs}"
    states = [verb for verb in verbs if verb in _LAST_TURN.values()]
    if intent.state in _LAST_TURN and states[-1:] != [_LAST_TURN[IntentState(intent.state)]]:
        yield f"{name} is not how the audit log ends: {verbs}"
    for verb, following in pairwise(states):
        if verb in _ENDS and following != "action.reversed":
            yield f"{name} left its end: {verb} → {following}"
    for entry in turns:
        is_alert = entry.details.get("what") == _EXPECTED_INCIDENT
        if entry.verb in {"incident.raised", "action.reopened"} and not is_alert:
            yield f"{name} had an incident: {entry.details.get('what', entry.verb)}"


def of_charges(books: Books) -> Iterator[str]:
    """What moved at the provider is what our orders moved, charge by charge."""
    happened = [each for each in books.intents if each.state in HAPPENED[:2]]
    ours: Counter[str] = Counter(books.firm.elsewhere)
    for intent in happened:
        if intent.action == ActionKind.REFUND:
            ours[intent.target_id] += intent.result_minor or 0
    for charge, entry in books.money.items():
        if entry["refunded_minor"] != ours[charge]:
            yield (
                f"{charge}: {entry['refunded_minor']} refunded at the provider in"
                f" {entry['refunds']} refunds, {ours[charge]} by our orders and others"
            )
    taken = sum(books.firm.taken) + sum(_taken_by(intent, books) for intent in happened)
    there = sum(entry["captured_minor"] for entry in books.money.values())
    if there != taken:
        yield f"{there} captured at the provider, {taken} by our orders and before them"


def _taken_by(intent: ActionIntent, books: Books) -> int:
    """What an order that happened took from a customer."""
    if intent.action == ActionKind.CREATE_SUBSCRIPTION:
        return books.firm.ways.first_minor
    if intent.action == ActionKind.CHANGE_SUBSCRIPTION:
        return sum(books.billed.get(intent.target_id, []))
    return (intent.result_minor or 0) if intent.action in TAKING else 0


def _of_markers(books: Books) -> Iterator[str]:
    """Nothing carries the marker of an order nobody knows."""
    known = {str(intent.id) for intent in books.intents}
    for kind, marked in {"refund": books.marked, **books.made}.items():
        for intent_id in set(marked) - known:
            yield f"a {kind} carries the marker of an order nobody knows: {intent_id}"


def of_the_ledger(books: Books) -> Iterator[str]:
    """After a last read the ledger says what the provider says, and nothing is held any more."""
    with scoping.tenant(books.firm.tenant.id):
        open_holds = set(Hold.objects.filter(released_at=None).values_list("intent_id", flat=True))
        roots = {root.id: root for root in MoneyRoot.objects.all()}
        charges = {charge.external_id: charge for charge in Charge.objects.all()}
    waiting: set[UUID] = {each.id for each in books.intents if each.state in UNFINISHED}
    for intent_id in open_holds - waiting:
        yield f"order {intent_id} is settled, but still holds money"
    for external_id, entry in books.money.items():
        root = roots[charges[external_id].root_id]
        stored = (root.captured_minor, root.refunds_minor, root.provider_refunded_minor)
        theirs = (entry["captured_minor"], entry["refunded_minor"], entry["refunded_minor"])
        if stored != theirs:
            yield f"{external_id}: the ledger has {stored}, the provider {theirs}"
