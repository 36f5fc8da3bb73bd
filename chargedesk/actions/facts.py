"""What the policy decides on, and its answers: plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.functional import Promise

from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind, Capabilities


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How much a role may move in one currency, in minor units; None is no limit.

    `is_set` is False where the role has limits, but none in this currency: then it moves nothing
    alone.
    """

    is_set: bool = True
    action_minor: int | None = None
    day_minor: int | None = None
    customer_day_minor: int | None = None
    charge_age_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OuterRecord:
    """The charge that money goes through: `what` was bought `where`, and its id with us."""

    what: str
    where: str
    charge_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that decides. Amounts are of the object's currency.

    Attributes:
        status: the object's; empty for a customer.
        available: what can still be refunded (M11); capturable: what can still be captured.
        amount: what is asked for; None for a cancellation.
        figures_agree: the provider's total of refunds equals the rows (M11).
        part_of: of a purchase known twice, the outer record if this is the inner one (M10).
        is_gone: the gateway says that the object is deleted.
        is_guest: the customer paid without a record of their own at the gateway.
        has_payment_method: a card or account is on file.
        is_paused: nothing is charged for the subscription now, whatever its status says.
        details: as the order has them, or as far as they are known.
        connection_trouble: why the connection cannot be used; empty if it can.
        spent_today_minor, customer_today_minor: moved by this person, for this customer.
    """

    action: ActionKind
    capabilities: Capabilities
    status: str
    role: str
    is_unlimited: bool
    now: datetime
    occurred_at: datetime
    available: Money | None = None
    capturable: Money | None = None
    amount: Money | None = None
    is_part: bool = False
    has_open_dispute: bool = False
    has_earlier_refund: bool = False
    figures_agree: bool = True
    at_period_end: bool = False
    cancels_at_period_end: bool = False
    part_of: OuterRecord | None = None
    is_gone: bool = False
    is_guest: bool = False
    has_payment_method: bool = False
    is_paused: bool = False
    details: Mapping[str, Any] = field(default_factory=dict)
    connection_trouble: str = ""
    money_paused_reason: str = ""
    limit: Limit = field(default_factory=Limit)
    spent_today_minor: int = 0
    customer_today_minor: int = 0


@dataclass(frozen=True, slots=True)
class Allow:
    """It may be done now."""


@dataclass(frozen=True, slots=True)
class NeedsApproval:
    """A second person must agree; `why` says what it is over."""

    why: str
    message: str | Promise


@dataclass(frozen=True, slots=True)
class Deny:
    """It may not be done; `reason` for programs, `message` for people."""

    reason: str
    message: str | Promise
    parameter: str | None = None
