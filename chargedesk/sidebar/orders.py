"""Reads what an agent submitted in a dialog, strictly, and makes it a request to the engine."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from chargedesk.actions.errors import NoSuchObjectError
from chargedesk.actions.policy import REASONS
from chargedesk.actions.requests import ActionRequest
from chargedesk.kit.errors import ChargeDeskError
from chargedesk.kit.money import Money
from chargedesk.sidebar.amounts import parse_amount
from chargedesk.sidebar.session import PanelSession
from gateways.capabilities import ActionKind

LONGEST_NOTE = 500
LONGEST_OPERATION = 64
LONGEST_FIELD = 500
MOST_FIELDS = 40
AT_PERIOD_END, NOW = "period_end", "now"
ALSO_CANCEL = "also_cancel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """The fields of a dialog as they were typed; shown again if something is wrong (X3)."""

    action: ActionKind
    object_id: UUID
    operation: str
    amount: str = ""
    currency: str = ""
    reason: str = ""
    note: str = ""
    is_confirmed: bool = False
    money_version: int | None = None
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def at_period_end(self) -> bool:
        """Whether a cancellation waits for the end of the paid period."""
        is_cancel = self.action is ActionKind.CANCEL_SUBSCRIPTION
        return is_cancel and self.fields.get("when", AT_PERIOD_END) != NOW


_OWN = frozenset(
    {"action", "object", "operation", "amount", "currency", "reason", "note", "confirmed"}
    | {"money_version"}
)


@dataclass(slots=True)
class Problems:
    """What is wrong with a submitted dialog, by field, in the order of the fields."""

    by_field: dict[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.by_field)


def read_wish(values: Mapping[str, str]) -> tuple[ActionKind, UUID]:
    """Which action on which object; NoSuchObjectError for anything unreadable."""
    try:
        return ActionKind(values.get("action", "")), UUID(values.get("object", ""))
    except ValueError as error:
        raise NoSuchObjectError(_("There is no such record.")) from error


def read_submitted(values: Mapping[str, str]) -> Submitted:
    """The fields of a posted dialog. NoSuchObjectError."""
    action, object_id = read_wish(values)
    version = values.get("money_version", "")
    return Submitted(
        action=action,
        object_id=object_id,
        operation=values.get("operation", "")[:LONGEST_OPERATION],
        amount=values.get("amount", ""),
        currency=values.get("currency", "").upper(),
        reason=values.get("reason", ""),
        note=values.get("note", "").strip(),
        is_confirmed=values.get("confirmed") == "yes",
        money_version=int(version) if version.isascii() and version.isdigit() else None,
        fields=_fields(values),
    )


def _fields(values: Mapping[str, str]) -> dict[str, str]:
    """What the action's own form holds; bounded, since anyone may post anything."""
    named = [(name, text) for name, text in values.items() if name not in _OWN]
    return {name: text.strip()[:LONGEST_FIELD] for name, text in named[:MOST_FIELDS]}


def checked_amount(
    submitted: Submitted, *, currencies: tuple[str, ...], language: str, problems: Problems
) -> Money | None:
    """The amount as typed, in one of these currencies; None with a problem noted."""
    currency = submitted.currency or currencies[0]
    if currency not in currencies:
        problems.by_field["amount"] = _("Choose a currency of this list.")
        return None
    try:
        return parse_amount(submitted.amount, code=currency, language=language)
    except ChargeDeskError as error:
        problems.by_field["amount"] = error.message
    return None


def check_words(
    submitted: Submitted, problems: Problems, *, asks_first: bool, needs_reason: bool
) -> None:
    """Note what is wrong with reason, note and confirmation."""
    if needs_reason and submitted.reason not in REASONS:
        problems.by_field["reason"] = _("Choose a reason.")
    elif submitted.reason == "other" and not submitted.note:
        problems.by_field["note"] = _("Say in a few words what the reason is.")
    if len(submitted.note) > LONGEST_NOTE:
        problems.by_field["note"] = _("At most %(most)s characters.") % {"most": LONGEST_NOTE}
    if asks_first and not submitted.is_confirmed:
        problems.by_field["confirmed"] = _("Confirm that this is the right person.")


def requested(
    submitted: Submitted,
    session: PanelSession,
    *,
    amount: Money | None,
    details: Mapping[str, Any],
    ip: str | None,
) -> ActionRequest:
    """The request for the engine; its key is the dialog's operation (R5)."""
    return ActionRequest(
        tenant_id=session.tenant_id,
        action=submitted.action,
        object_id=submitted.object_id,
        requester=session.requester(ip=ip),
        amount=amount,
        reason=_known_reason(submitted),
        note=submitted.note,
        at_period_end=submitted.at_period_end,
        details=details,
        client_key=submitted.operation,
        money_version=submitted.money_version,
    )


def also_requested(
    submitted: Submitted, session: PanelSession, *, subscription_id: UUID, ip: str | None
) -> ActionRequest:
    """The cancellation asked for beside a refund: an order of its own (R1, M12)."""
    return ActionRequest(
        tenant_id=session.tenant_id,
        action=ActionKind.CANCEL_SUBSCRIPTION,
        object_id=subscription_id,
        requester=session.requester(ip=ip),
        reason=_known_reason(submitted),
        note=submitted.note,
        at_period_end=submitted.fields.get(ALSO_CANCEL) != NOW,
        client_key=f"{submitted.operation}-cancel",
    )


def _known_reason(submitted: Submitted) -> str:
    return submitted.reason if submitted.reason in REASONS else ""
