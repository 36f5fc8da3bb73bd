"""The card's lines about charges and subscriptions, each with what may be done to it."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from chargedesk.actions import policy
from chargedesk.actions.targets import outer_record
from chargedesk.kit.money import Money
from chargedesk.ledger.selectors import CardFacts, ChargeFacts, SubscriptionFacts
from chargedesk.sidebar import formats, words
from chargedesk.sidebar.offers import ON_CHARGES
from chargedesk.sidebar.session import GatewayLink, PanelSession
from chargedesk.sidebar.twins import notes_of
from chargedesk.sidebar.unoffered import unoffered_on_charge, unoffered_on_subscription
from gateways.capabilities import ActionKind, Capabilities
from gateways.routing import adapter_for
from gateways.snapshots import ChargeStatus
from helpdesk_apps.card import Action, ChargeLine, Moment, SubscriptionLine

# A refusal that only says "there is nothing of the kind here" is no news to anyone.
_NOT_WORTH_SAYING = {"nothing_to_capture", "nothing_to_void", "unsupported", "not_permitted"}
# Polls come every minute: after this long the gateway, or the way to it, is down.
_SILENCE = timedelta(minutes=15)
_NEVER_PAID = {ChargeStatus.FAILED, ChargeStatus.CANCELED, ChargeStatus.AUTHORIZED}


@dataclass(frozen=True, slots=True)
class Scene:
    """Who looks, in what language and zone, at what moment.

    `offered`: what was decided so far about things that are alike (`menus`).
    """

    session: PanelSession
    now: datetime
    offered: dict[tuple[Any, ...], tuple[Action, ...]] = field(default_factory=dict, compare=False)

    def money(self, amount: Money) -> str:
        """An amount in the agent's language."""
        return formats.money(amount, self.session.language)

    def negative(self, amount: Money) -> str:
        """Money that went the other way, with U+2212; zero stays plain."""
        return formats.money(Money(-amount.minor, amount.currency), self.session.language)

    def moment(self, when: datetime) -> Moment:
        """A time, relative and exact."""
        return formats.moment(
            when, now=self.now, zone=self.session.zone, language=self.session.language
        )

    def day(self, when: datetime) -> str:
        """A date."""
        return formats.local_day(when, zone=self.session.zone, language=self.session.language)

    def link(self, connection_id: UUID) -> GatewayLink | None:
        """The gateway connection something comes from, unless it was removed."""
        return self.session.gateways.get(connection_id)

    def link_to_act(self, connection_id: UUID) -> GatewayLink | None:
        """Likewise, for somebody who may do something there."""
        return self.link(connection_id) if self.session.role else None

    def synced(self, connections: frozenset[UUID] | None) -> Moment | None:
        """When the least fresh of these gateways last told us anything (S2)."""
        heard = [link.heard_at for link in self._links(connections)]
        known = [each for each in heard if each]
        return self.moment(min(known)) if known and len(known) == len(heard) else None

    def banners(self, connections: frozenset[UUID] | None) -> tuple[str, ...]:
        """What stands in the way of acting (S14)."""
        texts = [
            words.gateway_down(link, self.moment(link.heard_at).text if link.heard_at else "")
            for link in self._links(connections)
            if link.is_in_trouble
        ]
        texts += [
            words.gateway_silent(link, self.moment(link.heard_at).text)
            for link in self._links(connections)
            if link.heard_at and self._is_silent(link)
        ]
        if self.session.money_paused_reason:
            texts.append(self.session.money_paused_reason)
        return tuple(texts)

    def version(self, facts: CardFacts) -> str:
        """Changes when anything on the card but the passing of time does."""
        seen = (
            facts.name,
            facts.email,
            self.session.role,
            self.session.open_orders,
            [
                (link.id, link.label, link.state, self._is_silent(link))
                for link in self.session.gateways.values()
            ],
            self.session.money_paused_reason,
            [(c.id, c.status, c.as_of, c.root.money_version, c.is_disputed) for c in facts.charges],
            [(c.part_of, c.paid_through, c.inside_refunded) for c in facts.charges],
            [c.fraud_warnings for c in facts.charges],
            [
                (s.id, s.status, s.period_end, s.cancel_at, s.amount, s.has_coupon, s.is_paused)
                for s in facts.subscriptions
            ],
            [(r.id, r.is_deleted) for r in facts.gateway_customers],
            [(i.id, i.status, i.due) for i in facts.invoices],
            facts.alike,
            [each.merge_id for each in facts.joined],
        )
        return hashlib.blake2b(repr(seen).encode(), digest_size=8).hexdigest()

    def _is_silent(self, link: GatewayLink) -> bool:
        is_told = capabilities_of(link).takes_records
        if link.heard_at is None or link.is_in_trouble or is_told:
            return False
        return self.now - link.heard_at > _SILENCE

    def _links(self, connections: frozenset[UUID] | None) -> list[GatewayLink]:
        return [
            link
            for link in self.session.gateways.values()
            if connections is None or link.id in connections
        ]


def charge_line(scene: Scene, charge: ChargeFacts) -> ChargeLine:
    """One charge as a line."""
    link = scene.link(charge.connection_id)
    return ChargeLine(
        id=str(charge.id),
        amount=scene.money(charge.amount),
        amount_minor=charge.amount.minor,
        currency=charge.amount.currency.code,
        status=words.charge_status(charge.true_status),
        when=scene.moment(charge.created_at),
        title=charge.product_name or _("Payment"),
        descriptor=charge.statement_descriptor,
        method=words.method(charge),
        refunded=_refunded(scene, charge),
        open_order=open_order(scene, charge.root.id),
        gateway=link.label if link else "",
        external_id=charge.external_id,
        actions=_charge_actions(scene, charge, link),
        notes=notes_of(charge, scene.money),
        unoffered=unoffered_on_charge(charge, scene.link_to_act(charge.connection_id), scene.now),
    )


def subscription_line(
    scene: Scene, each: SubscriptionFacts, actions: tuple[Action, ...]
) -> SubscriptionLine:
    """One subscription as a line, with what can be done to it."""
    link = scene.link(each.connection_id)
    return SubscriptionLine(
        id=str(each.id),
        plan=each.product_name or words.item_names(each.items) or _("Subscription"),
        price=words.price(each.amount, each.interval, each.interval_count, scene.session.language),
        status=words.subscription_status(each),
        next_text=words.what_is_next(each, now=scene.now, day=scene.day, money=scene.money),
        open_order=open_order(scene, each.id),
        gateway=link.label if link else "",
        external_id=each.external_id,
        actions=actions,
        unoffered=unoffered_on_subscription(each, scene.link_to_act(each.connection_id)),
    )


def _refunded(scene: Scene, charge: ChargeFacts) -> str:
    if not charge.given_back:
        return ""
    return _("%(amount)s refunded") % {"amount": scene.negative(charge.given_back)}


def open_order(scene: Scene, subject_id: UUID) -> str:
    """Who is at it right now; empty for nobody."""
    order = scene.session.open_orders.get(subject_id)
    if order is None:
        return ""
    is_own = order.actor_id == scene.session.bearer.member
    return words.open_order(order.action, order.state, "" if is_own else order.who)


def _charge_actions(
    scene: Scene, charge: ChargeFacts, link: GatewayLink | None
) -> tuple[Action, ...]:
    if link is None or not scene.session.role:
        return ()
    kinds = ON_CHARGES if charge.root.capturable else ON_CHARGES[:1]
    offered = (_charge_action(scene, charge, link, kind) for kind in kinds)
    return tuple(action for action in offered if action)


def _charge_action(
    scene: Scene, charge: ChargeFacts, link: GatewayLink, kind: ActionKind
) -> Action | None:
    root = charge.root
    if kind is ActionKind.REFUND and charge.status in _NEVER_PAID:
        return None
    facts = policy.Facts(
        action=kind,
        capabilities=capabilities_of(link),
        status=charge.status,
        role=scene.session.role,
        is_unlimited=True,  # limits depend on the amount, which only the dialog asks for
        now=scene.now,
        occurred_at=charge.created_at,
        available=root.available,
        capturable=root.capturable,
        has_open_dispute=charge.open_dispute is not None,
        has_earlier_refund=bool(root.refunded),
        part_of=outer_record(charge.part_of) if charge.part_of else None,
        # The dialog reads again, so a difference is no reason to hide the action here (M11).
        figures_agree=True,
        connection_trouble=trouble_of(link),
        money_paused_reason=scene.session.money_paused_reason,
    )
    return offered_action(kind, policy.decide(facts))


def offered_action(kind: ActionKind, decision: policy.Decision) -> Action | None:
    """An action with why it cannot be done; None where nobody would look for it."""
    label = words.deed(kind)
    if not isinstance(decision, policy.Deny):
        return Action(kind.value, label, is_allowed=True)
    if decision.reason in _NOT_WORTH_SAYING:
        return None
    return Action(kind.value, label, is_allowed=False, reason=str(decision.message))


def capabilities_of(link: GatewayLink) -> Capabilities:
    """What a gateway connection can do."""
    return adapter_for(link.provider, link.functions).capabilities


def trouble_of(link: GatewayLink) -> str:
    """Why nothing can be sent through a connection; empty if it can."""
    return words.connection_trouble(link) if link.is_in_trouble else ""
