"""What an order is about: the object, its money root, its connection, the facts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from chargedesk.actions.database_clock import database_now
from chargedesk.actions.models import ActionIntent, IntentState, SpentBudget
from chargedesk.actions.policy import Facts, Limit, OuterRecord
from chargedesk.actions.requests import Requester
from chargedesk.actions.subjects import ABOUT, About, Thing, find_thing
from chargedesk.kit.money import Money
from chargedesk.ledger.locking import available, totals_agree
from chargedesk.ledger.models import (
    Charge,
    Dispute,
    GatewayCustomer,
    MoneyRoot,
    PaymentMethod,
    Refund,
)
from chargedesk.ledger.selectors import TwinFacts, charge_detail
from chargedesk.ledger.services.prepare import GUEST
from chargedesk.tenants.models import Connection, ConnectionState, RoleLimit, Tenant
from gateways.capabilities import ActionKind
from gateways.contract import GatewayAdapter
from gateways.routing import adapter_for
from gateways.snapshots import OPEN_DISPUTES

_COUNTS_AS_SPENT = (
    IntentState.READY,
    IntentState.EXECUTING,
    IntentState.UNKNOWN,
    IntentState.PENDING,
    IntentState.SUCCEEDED,
)


_HAS_MOST = frozenset({ActionKind.REFUND, ActionKind.CAPTURE, ActionKind.VOID})


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What an order is about, with what acting on it needs; a root where it is about a charge."""

    action: ActionKind
    thing: Thing
    root: MoneyRoot | None
    connection: Connection
    adapter: GatewayAdapter
    customer_id: UUID | None

    @property
    def subject_id(self) -> UUID:
        """What the queue is for: one order at a time per root, or else per object (M10)."""
        return self.root.id if self.root else self.thing.id

    @property
    def as_of(self) -> datetime:
        """The time of the newest picture stored of it."""
        return max(self.thing.as_of, self.root.as_of) if self.root else self.thing.as_of

    @property
    def about(self) -> About:
        """Which kind of object this is."""
        return ABOUT[self.action]

    @property
    def payment_id(self) -> str:
        """The provider's own id of what limits the money, also where another record does so."""
        if self.root is None or not isinstance(self.thing, Charge):
            return ""
        if self.thing.root_id == self.root.id:
            return str(self.root.external_id)
        return str(
            MoneyRoot.objects.values_list("external_id", flat=True).get(pk=self.thing.root_id)
        )

    @property
    def object_kind(self) -> str:
        """The same as the intent stores it."""
        return self.about.value

    @property
    def is_routed(self) -> bool:
        """Whether the tenant's own system carries it out, not the gateway."""
        return bool(self.connection.functions.get(self.action.value))

    @property
    def chooses_card(self) -> bool:
        """Whether a card on file must be named: a tenant's own system may know one we do not."""
        return not self.is_routed or self.action is ActionKind.USE_PAYMENT_METHOD

    @property
    def status(self) -> str:
        """The object's status; a customer has none."""
        return str(getattr(self.thing, "status", ""))

    @property
    def owner_id(self) -> UUID | None:
        """The gateway's record of the customer it belongs to."""
        thing = self.thing
        return thing.id if isinstance(thing, GatewayCustomer) else thing.gateway_customer_id


def find_target(action: ActionKind, object_id: UUID, *, root: MoneyRoot | None = None) -> Target:
    """Load what an order is about; `root` if it is locked already. NoSuchObjectError."""
    thing = find_thing(action, object_id)
    if root is None and isinstance(thing, Charge):
        inner = MoneyRoot.objects.select_related("parent").get(pk=thing.root_id)
        root = inner.parent or inner
    return Target(
        action=action,
        thing=thing,
        root=root,
        connection=thing.connection,
        adapter=adapter_for(thing.connection.provider, thing.connection.functions),
        customer_id=_person(thing),
    )


def gather_facts(
    target: Target,
    requester: Requester,
    *,
    amount: Money | None,
    at_period_end: bool = False,
    details: Mapping[str, Any] | None = None,
    own_hold: Money | None = None,
) -> Facts:
    """Read everything the policy decides on; under the root's lock when money is to move.

    `own_hold` is what the order itself already holds: it does not stand in its own way.
    """
    tenant = Tenant.objects.get(pk=target.connection.tenant_id)
    thing, root, now = target.thing, target.root, database_now()
    most = _most(target)
    return Facts(
        action=target.action,
        capabilities=target.adapter.capabilities,
        status=target.status,
        role=requester.role,
        is_unlimited=requester.is_unlimited,
        now=now,
        occurred_at=thing.occurred_at,
        available=_available(root, own_hold),
        capturable=Money.of(root.capturable_minor, root.currency) if root else None,
        amount=amount,
        is_part=bool(amount and most and amount.minor < most.minor),
        has_open_dispute=root is not None and _has_open_dispute(root),
        has_earlier_refund=root is not None and Refund.objects.filter(_of_purchase(root)).exists(),
        figures_agree=root is None or totals_agree(root),
        at_period_end=at_period_end,
        cancels_at_period_end=getattr(thing, "cancels_at_period_end", False),
        is_gone=target.about is not About.CHARGE and thing.is_deleted,
        is_guest=thing.external_id.startswith(GUEST),
        has_payment_method=target.about is About.CUSTOMER
        and (not target.chooses_card or _has_payment_method(thing.id)),
        is_paused=bool(getattr(thing, "pause", "")),
        details=details or {},
        part_of=_part_of(thing),
        connection_trouble=connection_trouble(target.connection),
        money_paused_reason=tenant.money_paused_reason,
        limit=_limit(requester.role, amount),
        spent_today_minor=_spent_today(requester, amount, now),
        customer_today_minor=_customer_today(target.customer_id, amount, now),
    )


def outer_record(twin: TwinFacts) -> OuterRecord:
    """The outer record of a purchase known twice, for the policy."""
    return OuterRecord(
        what=twin.description or twin.external_id,
        where=twin.connection_label,
        charge_id=str(twin.charge_id),
    )


def connection_trouble(connection: Connection) -> str:
    """Why nothing can be sent through this connection; empty if it can."""
    if connection.state == ConnectionState.ACTIVE:
        return ""
    if connection.state == ConnectionState.CREDENTIALS_FAILED:
        return _("The gateway refuses the key of this connection. An administrator must renew it.")
    return _("This connection is paused or removed.")


def resolved_amount(target: Target, amount: Money | None) -> Money | None:
    """“Full” as an amount (M1): all that can be refunded or captured; None where no money moves."""
    if target.action is ActionKind.VOID:
        return _most(target)
    return amount if amount is not None else _most(target)


def _available(root: MoneyRoot | None, own_hold: Money | None) -> Money | None:
    if root is None:
        return None
    return available(root) + own_hold if own_hold else available(root)


def _most(target: Target) -> Money | None:
    if target.root is None or target.action not in _HAS_MOST:
        return None
    if target.action is ActionKind.REFUND:
        return available(target.root)
    return Money.of(target.root.capturable_minor, target.root.currency)


def _person(thing: Thing) -> UUID | None:
    if isinstance(thing, GatewayCustomer):
        return thing.customer_id
    if thing.gateway_customer_id is None:
        return None
    rows = GatewayCustomer.objects.filter(pk=thing.gateway_customer_id)
    return rows.values_list("customer_id", flat=True).first()


def _has_payment_method(gateway_customer_id: UUID) -> bool:
    rows = PaymentMethod.objects.filter(gateway_customer_id=gateway_customer_id, is_deleted=False)
    return rows.exists()


def _has_open_dispute(root: MoneyRoot) -> bool:
    statuses = [status.value for status in OPEN_DISPUTES]
    rows = Dispute.objects.filter(_of_purchase(root), status__in=statuses, is_deleted=False)
    return rows.exists()


def _of_purchase(root: MoneyRoot) -> Q:
    """What hangs on a root, or on the inner records of the same purchase."""
    return Q(root_id=root.id) | Q(root__parent_id=root.id)


def _part_of(thing: Thing) -> OuterRecord | None:
    if not isinstance(thing, Charge) or not thing.is_shadow:
        return None
    facts = charge_detail(thing.id)
    return outer_record(facts.part_of) if facts and facts.part_of else None


def _limit(role: str, amount: Money | None) -> Limit:
    if amount is None:
        return Limit()
    rows = {row.currency: row for row in RoleLimit.objects.filter(role=role)}
    row = rows.get(amount.currency.code)
    if row is None:
        # A limit that holds in some currencies only would be none (decision 0009).
        return Limit(is_set=not rows)
    return Limit(
        action_minor=row.action_minor,
        day_minor=row.day_minor,
        customer_day_minor=row.customer_day_minor,
        charge_age_days=row.charge_age_days,
    )


def _spent_today(requester: Requester, amount: Money | None, now: datetime) -> int:
    if amount is None:
        return 0
    rows = SpentBudget.objects.filter(
        actor_id=requester.actor.id, day=now.date(), currency=amount.currency.code
    )
    return rows.values_list("spent_minor", flat=True).first() or 0


def _customer_today(customer_id: UUID | None, amount: Money | None, now: datetime) -> int:
    if amount is None or customer_id is None:
        return 0
    total: int | None = ActionIntent.objects.filter(
        customer_id=customer_id,
        action=ActionKind.REFUND,
        currency=amount.currency.code,
        created_at__date=now.date(),
        state__in=_COUNTS_AS_SPENT,
    ).aggregate(total=Sum("amount_minor"))["total"]
    return total or 0
