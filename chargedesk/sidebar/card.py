"""Builds the Card: what is known of the customer, joined with what this agent may do right now."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chargedesk.actions import policy
from chargedesk.kit import clock
from chargedesk.kit.money import Money
from chargedesk.sidebar import formats, words
from chargedesk.sidebar.facts import Match, PersonFacts, matched, person_facts
from chargedesk.sidebar.session import GatewayLink, PanelSession
from gateways import registry
from gateways.capabilities import ActionKind
from gateways.snapshots import OPEN_DISPUTES
from helpdesk_apps.card import (
    Action,
    Alert,
    Candidate,
    Card,
    ChargeLine,
    InvoiceLine,
    MatchGrade,
    Moment,
    Person,
    SubscriptionLine,
    Tone,
    Total,
    Viewer,
)

SOON = timedelta(days=14)
_WEAK = (MatchGrade.EMAIL, MatchGrade.GUESS)
_CHARGE_ACTIONS = (ActionKind.REFUND, ActionKind.CAPTURE, ActionKind.VOID)
# A refusal that only says "there is nothing of the kind here" is no news to anyone.
_NOT_WORTH_SAYING = {"nothing_to_capture", "nothing_to_void", "unsupported", "not_permitted"}


def card_for_ticket(session: PanelSession) -> Card:
    """The card of the customer the helpdesk hinted at. Inside the tenant's scope."""
    bearer = session.bearer
    match = matched(
        email=bearer.email,
        is_email_verified=bearer.is_email_verified,
        external_id=bearer.external_id,
    )
    if len(match.customer_ids) == 1:
        return card_of_person(session, match.customer_ids[0], grade=match.grade)
    return _Builder(session).without_person(match)


def card_of_person(session: PanelSession, customer_id: UUID, *, grade: MatchGrade) -> Card:
    """The card of one person; without a person for an unknown id. Inside the tenant's scope."""
    facts = person_facts(session.tenant_id, customer_id)
    builder = _Builder(session)
    if facts is None:
        return builder.without_person(Match(customer_ids=(), grade=grade))
    return builder.of_person(facts, grade)


@dataclass(slots=True)
class _Builder:
    """One card in the making: who looks, in what language, at what moment."""

    session: PanelSession
    now: datetime
    language: str

    def __init__(self, session: PanelSession) -> None:
        self.session = session
        self.now = clock.now()
        self.language = session.language

    def without_person(self, match: Match) -> Card:
        candidates = [
            each
            for each in (person_facts(self.session.tenant_id, each) for each in match.customer_ids)
            if each
        ]
        return Card(
            language=self.language,
            made_at=self.now,
            viewer=self._viewer(),
            person=None,
            candidates=tuple(map(self._candidate, candidates)),
            searched_for=self.session.bearer.email or self.session.bearer.name,
            synced=self._synced(None),
            banners=self._banners(None),
        )

    def of_person(self, facts: PersonFacts, grade: MatchGrade) -> Card:
        return Card(
            language=self.language,
            made_at=self.now,
            viewer=self._viewer(),
            person=self._person(facts, grade),
            totals=tuple(map(self._total, facts.totals)),
            alerts=tuple(self._alerts(facts)),
            banners=self._banners(facts.connections),
            charges=tuple(map(self._charge, facts.charges)),
            charge_count=sum(total["charges"] for total in facts.totals),
            subscriptions=tuple(map(self._subscription, facts.subscriptions)),
            open_invoices=tuple(map(self._invoice, facts.invoices)),
            synced=self._synced(facts.connections),
        )

    # --- Who ---
    def _viewer(self) -> Viewer:
        reason = "" if self.session.role else words.why_read_only(self.session.agent_email)
        return Viewer(name=self.session.agent_name, read_only_reason=reason)

    def _person(self, facts: PersonFacts, grade: MatchGrade) -> Person:
        return Person(
            customer_id=str(facts.customer_id),
            name=facts.name or facts.email or _("Customer without a name"),
            email=facts.email,
            grade=grade,
            grade_text=words.grade_text(grade),
            asks_first=grade in _WEAK,
            gateways=tuple(
                link.label
                for link in self.session.gateways.values()
                if link.id in facts.connections
            ),
        )

    def _candidate(self, facts: PersonFacts) -> Candidate:
        known = [
            formats.money(Money.of(t["paid"], t["currency"]), self.language) for t in facts.totals
        ]
        if facts.charges:
            newest = facts.charges[0]
            known.append(self._moment(newest["occurred_at"]).text)
            known.append(words.method(newest))
        return Candidate(
            customer_id=str(facts.customer_id),
            name=facts.name or _("Customer without a name"),
            email=facts.email,
            facts=" · ".join(filter(None, known)),
        )

    def _total(self, row: dict[str, Any]) -> Total:
        paid, refunded = (Money.of(row[name], row["currency"]) for name in ("paid", "refunded"))
        return Total(
            currency=row["currency"],
            paid=formats.money(paid, self.language),
            refunded=formats.money(Money(-refunded.minor, refunded.currency), self.language),
            paid_minor=paid.minor,
            refunded_minor=refunded.minor,
        )

    # --- What must not be missed ---
    def _alerts(self, facts: PersonFacts) -> list[Alert]:
        alerts = [
            Alert("dispute", self._dispute_text(row), Tone.BAD)
            for row in facts.charges
            if row["dispute"] in OPEN_DISPUTES
        ]
        if facts.charges and facts.charges[0]["status"] == "failed":
            alerts.append(Alert("payment_failed", _("The last payment failed"), Tone.WARNING))
        for row in facts.subscriptions:
            if row["status"] == "past_due":
                alerts.append(Alert("past_due", _("Subscription past due"), Tone.WARNING))
            elif row["cancel_at"] and self.now < row["cancel_at"] < self.now + SOON:
                text = _("Subscription ends %(when)s") % {"when": self._day(row["cancel_at"])}
                alerts.append(Alert("ends_soon", text, Tone.WARNING))
        return alerts

    def _dispute_text(self, row: dict[str, Any]) -> str:
        amount = self._money(row["amount_minor"], row["currency"])
        if not row["respond_by"]:
            return _("Open dispute over %(amount)s") % {"amount": amount}
        return _("Open dispute over %(amount)s, answer by %(when)s") % {
            "amount": amount,
            "when": self._day(row["respond_by"]),
        }

    def _banners(self, connections: frozenset[UUID] | None) -> tuple[str, ...]:
        texts = [
            words.gateway_down(link, self._heard(link))
            for link in self.session.gateways.values()
            if link.is_in_trouble and (connections is None or link.id in connections)
        ]
        if self.session.money_paused_reason:
            texts.append(self.session.money_paused_reason)
        return tuple(texts)

    # --- Lines ---
    def _charge(self, row: dict[str, Any]) -> ChargeLine:
        link = self._link(row)
        refunded = max(row["refunded_minor"], 0)
        return ChargeLine(
            id=row["id"],
            amount=self._money(row["amount_minor"], row["currency"]),
            amount_minor=row["amount_minor"],
            currency=row["currency"],
            status=words.charge_status(row["status"]),
            when=self._moment(row["occurred_at"]),
            title=row["description"] or _("Payment"),
            descriptor=row["statement_descriptor"],
            method=words.method(row),
            refunded=_("%(amount)s refunded") % {"amount": self._money(-refunded, row["currency"])}
            if refunded
            else "",
            open_order=self._open_order(row["order"]),
            gateway=link.label if link else "",
            external_id=row["external_id"],
            actions=self._charge_actions(row, link),
        )

    def _charge_actions(self, row: dict[str, Any], link: GatewayLink | None) -> tuple[Action, ...]:
        if link is None or not self.session.role:
            return ()
        unit = row["currency"]
        refunded = max(row["refunds_minor"], row["provider_refunded_minor"])
        left = row["captured_minor"] - refunded - row["held_minor"]
        actions = []
        for kind in _CHARGE_ACTIONS:
            facts = policy.Facts(
                action=kind,
                capabilities=registry.adapter(link.provider).capabilities,
                status=row["status"],
                role=self.session.role,
                is_unlimited=True,  # limits depend on the amount, which the dialog asks for
                now=self.now,
                occurred_at=row["occurred_at"],
                available=Money.of(max(0, left), unit),
                capturable=Money.of(row["capturable_minor"], unit),
                has_open_dispute=row["dispute"] in OPEN_DISPUTES,
                has_earlier_refund=row["refunds_minor"] > 0,
                connection_trouble=self._trouble(link),
                money_paused_reason=self.session.money_paused_reason,
            )
            action = _offered(kind, policy.decide(facts))
            if action:
                actions.append(action)
        return tuple(actions)

    def _subscription(self, row: dict[str, Any]) -> SubscriptionLine:
        link = self._link(row)
        return SubscriptionLine(
            id=row["id"],
            plan=row["product"] or words.item_names(row["items"]) or _("Subscription"),
            price=words.price(row, self.language),
            status=words.subscription_status(row),
            next_text=words.what_is_next(row, now=self.now, day=self._day, money=self._money),
            gateway=link.label if link else "",
            external_id=row["external_id"],
            actions=self._subscription_actions(row, link),
        )

    def _subscription_actions(
        self, row: dict[str, Any], link: GatewayLink | None
    ) -> tuple[Action, ...]:
        if link is None or not self.session.role:
            return ()
        facts = policy.Facts(
            action=ActionKind.CANCEL_SUBSCRIPTION,
            capabilities=registry.adapter(link.provider).capabilities,
            status=row["status"],
            role=self.session.role,
            is_unlimited=True,
            now=self.now,
            occurred_at=row["occurred_at"],
            connection_trouble=self._trouble(link),
            money_paused_reason=self.session.money_paused_reason,
        )
        action = _offered(ActionKind.CANCEL_SUBSCRIPTION, policy.decide(facts))
        return (action,) if action else ()

    def _invoice(self, row: dict[str, Any]) -> InvoiceLine:
        return InvoiceLine(
            id=row["id"],
            number=row["number"] or _("Invoice"),
            due=_("%(amount)s due") % {"amount": self._money(row["due_minor"], row["currency"])},
            status=words.invoice_status(row["status"]),
            when=self._moment(row["due_at"] or row["occurred_at"]),
            url=row["hosted_url"],
        )

    def _open_order(self, order: dict[str, Any] | None) -> str:
        if order is None:
            return ""
        is_own = order["actor"] == self.session.bearer.member
        return words.open_order(order["action"], order["state"], "" if is_own else order["who"])

    # --- Small steps ---
    def _link(self, row: dict[str, Any]) -> GatewayLink | None:
        return self.session.gateways.get(UUID(row["connection_id"]))

    def _trouble(self, link: GatewayLink) -> str:
        return words.connection_trouble(link) if link.is_in_trouble else ""

    def _synced(self, connections: frozenset[UUID] | None) -> Moment | None:
        heard = [
            datetime.fromisoformat(link.heard_at)
            for link in self.session.gateways.values()
            if link.heard_at and (connections is None or link.id in connections)
        ]
        # The oldest: the card as a whole is no fresher than that.
        return self._moment(min(heard)) if heard else None

    def _heard(self, link: GatewayLink) -> str:
        return self._moment(datetime.fromisoformat(link.heard_at)).text if link.heard_at else ""

    def _moment(self, when: datetime) -> Moment:
        return formats.moment(when, now=self.now, zone=self.session.zone, language=self.language)

    def _day(self, when: datetime) -> str:
        return formats.local_day(when, zone=self.session.zone, language=self.language)

    def _money(self, minor: int, currency: str) -> str:
        return formats.money(Money.of(minor, currency), self.language)


def _offered(kind: ActionKind, decision: policy.Decision) -> Action | None:
    label = words.deed(kind)
    if not isinstance(decision, policy.Deny):
        return Action(kind.value, label, is_allowed=True)
    if decision.reason in _NOT_WORTH_SAYING:
        return None
    return Action(kind.value, label, is_allowed=False, reason=str(decision.message))


def newest_of(shown: int, count: int) -> str:
    """How many of how many are shown."""
    return ngettext("newest %(shown)s of %(count)s", "newest %(shown)s of %(count)s", count) % {
        "shown": shown,
        "count": count,
    }
