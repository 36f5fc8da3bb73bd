"""Compares the provider's own account of the money with ours, over all objects of all firms."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from uuid import UUID

from audit.models import AuditEvent
from chargedesk.actions.models import ActionIntent, IntentState
from chargedesk.base import scoping
from chargedesk.ledger.models import Charge, Hold, MoneyRoot, Subscription
from gateways.capabilities import ActionKind
from tests.crash.town import Firm

HAPPENED = (IntentState.SUCCEEDED, IntentState.PENDING, IntentState.REVERSED)
UNFINISHED = (
    IntentState.READY,
    IntentState.EXECUTING,
    IntentState.UNKNOWN,
    IntentState.AWAITING_APPROVAL,
)
MARKER = "chargedesk_intent"
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


@dataclass(frozen=True)
class Books:
    """Both accounts of one firm: what the provider says, and what we say."""

    firm: Firm
    money: dict[str, dict[str, Any]]
    effects: dict[str, list[dict[str, Any]]]
    refunds: list[dict[str, Any]]
    intents: list[ActionIntent]
    turns: dict[str, list[AuditEvent]]


def violations(firms: Iterable[Firm]) -> list[str]:
    """Everything that is not as the money rules promise; empty if all is well."""
    found = []
    for firm in firms:
        books = _books(firm)
        for check in (_of_intents, _of_charges, _of_markers, _of_the_ledger):
            found += [f"{firm.account.id}: {sentence}" for sentence in check(books)]
    return found


def unconsumed_faults(firms: Iterable[Firm]) -> list[str]:
    """Faults that were armed for these firms and never struck."""
    return [
        f"fault {rule['id']} {rule['kind']} on {rule.get('path_regex', '')} never struck"
        for rule in _rules(firms)
        if rule["left"]
    ]


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


def _books(firm: Firm) -> Books:
    effects: dict[str, list[dict[str, Any]]] = {}
    for call in firm.account.calls():
        if call["effect"] and call["idempotency_key"]:
            effects.setdefault(str(call["idempotency_key"])[:36], []).append(call)
    with scoping.tenant(firm.tenant.id):
        turns: dict[str, list[AuditEvent]] = {}
        for entry in AuditEvent.objects.order_by("seq"):
            if "intent" in entry.details:
                turns.setdefault(entry.details["intent"], []).append(entry)
        intents = list(ActionIntent.objects.order_by("created_at"))
    return Books(firm, firm.money(), effects, _refunds(firm), intents, turns)


def _refunds(firm: Firm) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        after = f"&starting_after={found[-1]['id']}" if found else ""
        page = firm.account.request("GET", f"/v1/refunds?limit=100{after}")
        found += page["data"]
        if not page["has_more"]:
            return found


def _of_intents(books: Books) -> Iterator[str]:
    """One intent, one effect, one true state, and every turn in the audit log."""
    failed_there = {
        refund["metadata"].get(MARKER)
        for refund in books.refunds
        if refund["status"] in {"failed", "canceled"}
    }
    for intent in books.intents:
        name = f"{intent.action} {intent.id} ({intent.state} {intent.failure_code})"
        effects = books.effects.get(str(intent.id), [])
        if len(effects) > 1:
            yield f"{name} had {len(effects)} effects"
        if intent.state in UNFINISHED:
            yield f"{name} is not settled, effects: {len(effects)}"
        elif intent.state in HAPPENED and not effects and not _stands(books, intent):
            yield f"{name} is shown as done, but nothing of ours is at the provider"
        elif intent.state not in HAPPENED and effects and str(intent.id) not in failed_there:
            yield f"{name} is shown as not done, but it happened: {effects[0]['effect']}"
        if intent.state in HAPPENED and intent.result_minor != intent.amount_minor:
            yield f"{name} moved {intent.result_minor} instead of {intent.amount_minor}"
        yield from _of_turns(name, intent, books.turns.get(str(intent.id), []))


def _stands(books: Books, intent: ActionIntent) -> bool:
    """M6: void, capture and cancel may be settled by the state that the order wanted."""
    if intent.action == ActionKind.REFUND:
        return False
    with scoping.tenant(books.firm.tenant.id):
        if intent.action == ActionKind.CANCEL_SUBSCRIPTION:
            thing = Subscription.objects.get(pk=intent.object_id)
            return bool(thing.status == "canceled" or thing.cancels_at_period_end)
        assert intent.root_id is not None
        return MoneyRoot.objects.filter(id=intent.root_id, capturable_minor=0).exists()


def _of_turns(name: str, intent: ActionIntent, turns: list[AuditEvent]) -> Iterator[str]:
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


def _of_charges(books: Books) -> Iterator[str]:
    """What was refunded at the provider is what our orders moved, charge by charge."""
    ours: Counter[str] = Counter(books.firm.elsewhere)
    for intent in books.intents:
        if intent.action == ActionKind.REFUND and intent.state in HAPPENED[:2]:
            ours[intent.target_id] += intent.result_minor or 0
    for charge, entry in books.money.items():
        if entry["refunded_minor"] != ours[charge]:
            yield (
                f"{charge}: {entry['refunded_minor']} refunded at the provider in"
                f" {entry['refunds']} refunds, {ours[charge]} by our orders and others"
            )


def _of_markers(books: Books) -> Iterator[str]:
    """No order has two refunds."""
    marked = Counter(
        refund["metadata"][MARKER] for refund in books.refunds if MARKER in refund["metadata"]
    )
    for intent_id, count in marked.items():
        if count > 1:
            yield f"refund {intent_id} was made {count} times"
    known = {str(intent.id) for intent in books.intents}
    for intent_id in set(marked) - known:
        yield f"a refund carries the marker of an order nobody knows: {intent_id}"


def _of_the_ledger(books: Books) -> Iterator[str]:
    """After a last read the ledger says what the provider says, and nothing is held any more."""
    # The provider's clock knows whole seconds: a read within the last one could not overrule it.
    time.sleep(1.1)
    books.firm.read_all()
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
