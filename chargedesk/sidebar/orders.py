"""Reads what an agent submitted in a dialog, strictly, and makes it a request to the engine."""

from collections.abc import Mapping
from dataclasses import dataclass, field
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
AT_PERIOD_END, NOW = "period_end", "now"


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """The fields of a dialog as they were typed; shown again if something is wrong (X3)."""

    action: ActionKind
    object_id: UUID
    operation: str
    amount: str = ""
    reason: str = ""
    note: str = ""
    when: str = AT_PERIOD_END
    is_confirmed: bool = False
    money_version: int | None = None


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
        reason=values.get("reason", ""),
        note=values.get("note", "").strip(),
        when=values.get("when", AT_PERIOD_END),
        is_confirmed=values.get("confirmed") == "yes",
        money_version=int(version) if version.isascii() and version.isdigit() else None,
    )


def checked(
    submitted: Submitted, *, currency: str, language: str, asks_first: bool
) -> tuple[Money | None, Problems]:
    """The amount, if the action has one, and what is wrong with the fields."""
    problems = Problems()
    amount = None
    if submitted.action in (ActionKind.REFUND, ActionKind.CAPTURE):
        try:
            amount = parse_amount(submitted.amount, code=currency, language=language)
        except ChargeDeskError as error:
            problems.by_field["amount"] = error.message
    if submitted.reason not in REASONS:
        problems.by_field["reason"] = _("Choose a reason.")
    elif submitted.reason == "other" and not submitted.note:
        problems.by_field["note"] = _("Say in a few words what the reason is.")
    if len(submitted.note) > LONGEST_NOTE:
        problems.by_field["note"] = _("At most %(most)s characters.") % {"most": LONGEST_NOTE}
    if asks_first and not submitted.is_confirmed:
        problems.by_field["confirmed"] = _("Confirm that this is the right person.")
    return amount, problems


def requested(
    submitted: Submitted, session: PanelSession, *, amount: Money | None, ip: str | None
) -> ActionRequest:
    """The request for the engine; its key is the dialog's operation (R5)."""
    return ActionRequest(
        tenant_id=session.tenant_id,
        action=submitted.action,
        object_id=submitted.object_id,
        requester=session.requester(ip=ip),
        amount=amount,
        reason=submitted.reason,
        note=submitted.note,
        at_period_end=(
            submitted.action is ActionKind.CANCEL_SUBSCRIPTION and submitted.when != NOW
        ),
        client_key=submitted.operation,
        money_version=submitted.money_version,
    )
