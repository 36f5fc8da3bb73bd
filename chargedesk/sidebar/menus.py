"""What can be done to a subscription, an open invoice, or for a customer, from the card."""

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from chargedesk.actions import policy
from chargedesk.ledger.selectors import GatewayCustomerFacts, InvoiceFacts, SubscriptionFacts
from chargedesk.sidebar.lines import (
    Scene,
    capabilities_of,
    offered_action,
    open_order,
    trouble_of,
)
from chargedesk.sidebar.offers import ON_CUSTOMERS, ON_INVOICES, ON_SUBSCRIPTIONS
from chargedesk.sidebar.unoffered import unoffered_on_customer
from gateways.capabilities import ActionKind
from helpdesk_apps.card import Action, RecordLine

GUEST = "guest:"
# Told by the subscription's own status and dates beside it.
_PLAIN_TO_SEE = frozenset({"not_running", "not_paused", "paused", "already_ended", "not_open"})


def subscription_actions(scene: Scene, each: SubscriptionFacts) -> tuple[Action, ...]:
    """What can be done to a subscription now; to take a coupon away there must be one."""
    kinds = (k for k in ON_SUBSCRIPTIONS if k is not ActionKind.REMOVE_COUPON or each.has_coupon)
    return _offered(
        scene,
        each.connection_id,
        kinds,
        status=each.status,
        cancels_at_period_end=each.cancels_at_period_end,
        is_paused=each.is_paused,
    )


def invoice_actions(scene: Scene, each: InvoiceFacts) -> tuple[Action, ...]:
    """What can be done to an open invoice now."""
    return _offered(scene, each.connection_id, ON_INVOICES, status=each.status)


def record_lines(scene: Scene, records: Iterable[GatewayCustomerFacts]) -> tuple[RecordLine, ...]:
    """The person's records at the gateways where something can be done for them."""
    lines = (_record_line(scene, record) for record in records if not record.is_deleted)
    return tuple(line for line in lines if line.actions or line.unoffered)


def _record_line(scene: Scene, record: GatewayCustomerFacts) -> RecordLine:
    is_guest = record.external_id.startswith(GUEST)
    link = scene.link_to_act(record.connection.id)
    actions = _offered(
        scene,
        record.connection.id,
        ON_CUSTOMERS,
        status="",
        is_guest=is_guest,
        # Cards on file are read when the dialog opens; it tells if there is none.
        has_payment_method=True,
    )
    # A guest's reasons would say the same thing six times.
    is_worth_it = any(action.is_allowed for action in actions)
    return RecordLine(
        id=str(record.id),
        gateway=record.connection.label,
        external_id=record.external_id,
        open_order=open_order(scene, record.id),
        actions=actions if is_worth_it else (),
        unoffered=() if is_guest else unoffered_on_customer(link),
    )


def _offered(
    scene: Scene,
    connection_id: UUID,
    kinds: Iterable[ActionKind],
    *,
    status: str,
    **known: Any,
) -> tuple[Action, ...]:
    # Things alike are decided about once: five running subscriptions offer the same.
    kinds = tuple(kinds)
    alike = (connection_id, kinds, status, *known.values())
    if alike not in scene.offered:
        scene.offered[alike] = tuple(_decided(scene, connection_id, kinds, status=status, **known))
    return scene.offered[alike]


def _decided(
    scene: Scene, connection_id: UUID, kinds: Iterable[ActionKind], **known: Any
) -> Iterator[Action]:
    link = scene.link_to_act(connection_id)
    if link is None:
        return
    facts = {
        "capabilities": capabilities_of(link),
        "role": scene.session.role,
        "is_unlimited": True,  # limits depend on the amount, which only the dialog asks for
        # The age counts for payments alone, which have lines of their own.
        "now": scene.now,
        "occurred_at": scene.now,
        "connection_trouble": trouble_of(link),
        "money_paused_reason": scene.session.money_paused_reason,
        **known,
    }
    for kind in kinds:
        decision = policy.decide(policy.Facts(action=kind, **facts))
        if isinstance(decision, policy.Deny) and decision.reason in _PLAIN_TO_SEE:
            continue
        action = offered_action(kind, decision)
        if action:
            yield action
