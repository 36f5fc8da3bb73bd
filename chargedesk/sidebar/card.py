"""Builds the Card: what is known of the customer, joined with what this agent may do right now."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chargedesk.kit import clock
from chargedesk.ledger.matching import Identity, Match, find_customers
from chargedesk.ledger.selectors import CardFacts, InvoiceFacts, TotalFacts, card_facts
from chargedesk.sidebar import lines, menus, words
from chargedesk.sidebar.alerts import alerts_of
from chargedesk.sidebar.lines import Scene
from chargedesk.sidebar.others import alike_lines, joined_lines
from chargedesk.sidebar.session import PanelSession
from chargedesk.sidebar.unoffered import unoffered_on_invoice
from helpdesk_apps.card import (
    Candidate,
    Card,
    InvoiceLine,
    MatchGrade,
    Person,
    Total,
    Viewer,
)

MOST_CANDIDATES = 6
MOST_SUBSCRIPTIONS = 6
MOST_INVOICES = 3
WEAK_GRADES = frozenset({MatchGrade.EMAIL, MatchGrade.GUESS})


@dataclass(frozen=True, slots=True)
class Found:
    """Who the ticket's customer may be: the best matches, all of one grade."""

    matches: tuple[Match, ...]

    @property
    def grade(self) -> MatchGrade:
        """How sure we are."""
        return MatchGrade(self.matches[0].grade) if self.matches else MatchGrade.GUESS

    def grade_of(self, customer_id: UUID | None) -> MatchGrade:
        """How sure we are that this person wrote the ticket; a guess unless it is the only one."""
        is_the_one = len(self.matches) == 1 and self.matches[0].customer_id == customer_id
        return self.grade if is_the_one else MatchGrade.GUESS


def found_for_ticket(session: PanelSession) -> Found:
    """Who the helpdesk's hints mean, in one statement. Inside the tenant's scope."""
    bearer = session.bearer
    matches = find_customers(
        Identity(
            email=bearer.email,
            email_is_verified=bearer.is_email_verified,
            external_ids=(bearer.external_id,) if bearer.external_id else (),
        )
    )
    best = tuple(match for match in matches if match.grade == matches[0].grade)
    return Found(best[:MOST_CANDIDATES])


def card_for_ticket(session: PanelSession) -> Card:
    """The card of the customer the helpdesk hinted at. Inside the tenant's scope."""
    found = found_for_ticket(session)
    if len(found.matches) == 1:
        return card_of_person(session, found.matches[0].customer_id, grade=found.grade)
    return _without_person(session, found.matches)


def card_of_person(session: PanelSession, customer_id: UUID, *, grade: MatchGrade) -> Card:
    """The card of one person; without a person for an unknown id. Inside the tenant's scope."""
    facts = card_facts(customer_id)
    return _without_person(session, ()) if facts is None else _of_person(session, facts, grade)


def candidates_of(session: PanelSession, matches: tuple[Match, ...]) -> tuple[Candidate, ...]:
    """People to choose from, each with what tells them apart."""
    scene = Scene(session, clock.now())
    found = ((match, card_facts(match.customer_id)) for match in matches[:MOST_CANDIDATES])
    return tuple(candidate(scene, facts, match.reason) for match, facts in found if facts)


def candidate(scene: Scene, facts: CardFacts, *known: str) -> Candidate:
    """One person among others: what is known already, what they paid, and when last."""
    known += tuple(scene.money(total.paid) for total in facts.totals[:2])
    return Candidate(
        customer_id=str(facts.customer_id),
        name=facts.name or _("Customer without a name"),
        email=facts.email,
        facts=" · ".join(filter(None, (*known, _newest(scene, facts)))),
    )


def newest_of(shown: int, count: int) -> str:
    """How many of how many are shown."""
    return ngettext("newest %(shown)s of %(count)s", "newest %(shown)s of %(count)s", count) % {
        "shown": shown,
        "count": count,
    }


def _without_person(session: PanelSession, matches: tuple[Match, ...]) -> Card:
    scene = Scene(session, clock.now())
    return Card(
        language=session.language,
        made_at=scene.now,
        viewer=_viewer(session),
        person=None,
        candidates=candidates_of(session, matches),
        searched_for=session.bearer.email or session.bearer.name,
        synced=scene.synced(None),
        banners=scene.banners(None),
        version="nobody" if not matches else f"several-{len(matches)}",
    )


def _of_person(session: PanelSession, facts: CardFacts, grade: MatchGrade) -> Card:
    scene = Scene(session, clock.now())
    connections = frozenset(record.connection.id for record in facts.gateway_customers)
    return Card(
        language=session.language,
        made_at=scene.now,
        viewer=_viewer(session),
        person=_person(session, facts, grade, connections),
        totals=tuple(_total(scene, total) for total in facts.totals),
        alerts=tuple(alerts_of(scene, facts)),
        alike=alike_lines(scene, facts.alike),
        joined=joined_lines(scene, facts.joined),
        banners=scene.banners(connections),
        charges=tuple(lines.charge_line(scene, charge) for charge in facts.charges),
        charge_count=facts.charge_count,
        records=menus.record_lines(scene, facts.gateway_customers),
        subscriptions=tuple(
            lines.subscription_line(scene, each, menus.subscription_actions(scene, each))
            for each in facts.subscriptions[:MOST_SUBSCRIPTIONS]
        ),
        open_invoices=tuple(_invoice(scene, invoice) for invoice in facts.invoices[:MOST_INVOICES]),
        synced=scene.synced(connections),
        version=scene.version(facts),
    )


def _viewer(session: PanelSession) -> Viewer:
    reason = "" if session.role else words.why_read_only(session.agent_email)
    return Viewer(name=session.agent_name, read_only_reason=reason)


def _person(
    session: PanelSession, facts: CardFacts, grade: MatchGrade, connections: frozenset[UUID]
) -> Person:
    return Person(
        customer_id=str(facts.customer_id),
        name=facts.name or facts.email or _("Customer without a name"),
        email=facts.email,
        grade=grade,
        grade_text=words.grade_text(grade),
        asks_first=grade in WEAK_GRADES,
        gateways=tuple(link.label for link in session.gateways.values() if link.id in connections),
    )


def _total(scene: Scene, total: TotalFacts) -> Total:
    return Total(
        currency=total.paid.currency.code,
        paid=scene.money(total.paid),
        refunded=scene.negative(total.refunded),
        paid_minor=total.paid.minor,
        refunded_minor=total.refunded.minor,
    )


def _invoice(scene: Scene, invoice: InvoiceFacts) -> InvoiceLine:
    return InvoiceLine(
        id=str(invoice.id),
        number=invoice.number or _("Invoice"),
        due=_("%(amount)s due") % {"amount": scene.money(invoice.due)},
        status=words.invoice_status(invoice.status, is_overdue=invoice.is_overdue(scene.now)),
        when=scene.moment(invoice.due_at or invoice.created_at),
        url=invoice.hosted_url,
        actions=menus.invoice_actions(scene, invoice),
        unoffered=unoffered_on_invoice(scene.link_to_act(invoice.connection_id)),
    )


def _newest(scene: Scene, facts: CardFacts) -> str:
    if not facts.charges:
        return ""
    newest: datetime = facts.charges[0].created_at
    return f"{words.method(facts.charges[0])}, {scene.moment(newest).text}"
