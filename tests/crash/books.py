"""Both accounts of one firm, read side by side: what the provider says, and what we say."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from audit.models import AuditEvent
from chargedesk.actions.models import ActionIntent
from chargedesk.base import scoping
from gateways.capabilities import ActionKind
from tests.crash.town import Firm

# Our marker is the order's id, whatever a gateway has around it; the id that Braintree lets us
# choose for a subscription has no room for hyphens.
_MARKER = re.compile(r'[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<="cd)[0-9a-f]{32}(?=")')
Marked = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Books:
    """Both accounts of one firm: what the provider says, and what we say.

    `marked` has the provider's refunds by our marker, `made` what else orders make there, by kind
    and marker; `calls` every call that had an effect; `billed` what each subscription was billed
    because it was changed.
    """

    firm: Firm
    money: dict[str, dict[str, Any]]
    calls: list[dict[str, Any]]
    marked: Marked
    made: dict[str, Marked]
    billed: dict[str, list[int]]
    intents: list[ActionIntent]
    turns: dict[str, list[AuditEvent]]

    def effects(self, intent: ActionIntent) -> list[str]:
        """What an order did at the provider: its refunds, or the calls that changed its object."""
        if intent.action == ActionKind.REFUND:
            return [str(each["id"]) for each in self.marked.get(str(intent.id), [])]
        made = self.ids_made_by(intent)
        return [call["effect"] for call in self.calls if self.is_of(call, intent, made)]

    def made_by(self, intent: ActionIntent) -> list[dict[str, Any]]:
        """What carries an order's marker of the kind that such an order makes."""
        kind = self.firm.ways.makes.get(ActionKind(intent.action), "")
        return self.made[kind].get(str(intent.id), []) if kind else []

    def ids_made_by(self, intent: ActionIntent) -> set[str]:
        """The ids of what an order made."""
        return {str(each["id"]) for each in self.made_by(intent)}

    def is_of(self, call: dict[str, Any], intent: ActionIntent, made: set[str]) -> bool:
        """By its key; calls without one by what they made, or by the object their path names."""
        if call["idempotency_key"]:
            return str(call["idempotency_key"]).startswith(str(intent.id))
        # What was done to the object before is nobody's order.
        if datetime.fromisoformat(call["time"]) < intent.created_at:
            return False
        if ActionKind(intent.action) in self.firm.ways.makes:
            return bool(made.intersection(call["ids"]))
        return any(
            call["method"] == step["method"] and call["path"].endswith(step["path"])
            for step in intent.steps
        )


def books_of(firm: Firm) -> Books:
    """Read both accounts."""
    with scoping.tenant(firm.tenant.id):
        turns: dict[str, list[AuditEvent]] = {}
        for entry in AuditEvent.objects.order_by("seq"):
            if "intent" in entry.details:
                turns.setdefault(entry.details["intent"], []).append(entry)
        intents = list(ActionIntent.objects.order_by("created_at"))
    return Books(
        firm=firm,
        money=firm.account.money(),
        calls=_changes(firm),
        marked=_marked(firm, firm.house.marked),
        made={kind: _marked(firm, kind) for kind in set(firm.ways.makes.values())},
        billed=firm.ways.billed(firm.account) if firm.ways.billed else {},
        intents=intents,
        turns=turns,
    )


def effects_of(firm: Firm, intent: ActionIntent) -> list[str]:
    """What one order did at the provider; reads no more than that takes."""
    action = ActionKind(intent.action)
    kind = firm.ways.makes.get(action, "")
    is_refund = action is ActionKind.REFUND
    books = Books(
        firm=firm,
        money={},
        calls=[] if is_refund else _changes(firm),
        marked=_marked(firm, firm.house.marked) if is_refund else {},
        made={kind: _marked(firm, kind)} if kind else {},
        billed={},
        intents=[intent],
        turns={},
    )
    return books.effects(intent)


def _changes(firm: Firm) -> list[dict[str, Any]]:
    return [call for call in firm.account.calls() if call["effect"]]


def _marked(firm: Firm, kind: str) -> Marked:
    marked: Marked = {}
    for body in firm.account.objects(kind):
        for intent_id in {str(UUID(found)) for found in _MARKER.findall(json.dumps(body))}:
            marked.setdefault(intent_id, []).append(body)
    return marked
