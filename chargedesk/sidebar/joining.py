"""Makes two people one from the card, and two again: what is shown first, and what came of it (S7).

Nobody is joined by a program: an e-mail address is a hint, and an agent decides.
"""

from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from audit.services import Actor
from chargedesk.actions.errors import NoSuchObjectError
from chargedesk.kit import clock
from chargedesk.ledger.matching import GroupingError, merge_customers, undoing_of, unmerge
from chargedesk.ledger.models import CustomerMerge
from chargedesk.ledger.selectors import CardFacts, JoinedFacts, card_facts
from chargedesk.sidebar.card import candidate
from chargedesk.sidebar.lines import Scene
from chargedesk.sidebar.others import by_whom, who_joined
from chargedesk.sidebar.session import PanelSession
from helpdesk_apps.card import Candidate, Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """The dialog: whom it is about, what would happen, and the reason for the audit log."""

    title: str
    url: str
    sentences: tuple[str, ...]
    button: str
    labels: dict[str, str]
    people: tuple[Candidate, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    hidden: tuple[tuple[str, str], ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What came of it."""

    tone: Tone
    headline: str
    why: str


def join_dialog(session: PanelSession, customer_id: UUID, other_id: UUID) -> Joining:
    """The dialog that joins `other` with the person on the card, inside the tenant's scope.

    Raises NoSuchObjectError; GroupingError for two who are one already, or nothing alike.
    """
    scene = Scene(session, clock.now())
    person, other = _pair(customer_id, other_id)
    if person.customer_id == other.customer_id:
        raise GroupingError(f"{_already()} {_by_whom(scene, person, customer_id, other_id)}")
    return Joining(
        title=_("Join as one person"),
        url=reverse("sidebar:join"),
        people=tuple(_shown(scene, each) for each in (person, other)),
        sentences=(
            _("Payments, subscriptions and invoices of both show on one card, as %(who)s.")
            % {"who": person.name or person.email or _("Customer without a name")},
            _(
                "An e-mail address alone proves nothing: join only if you are sure. Nothing "
                "changes at the gateways, and it can be undone on the card."
            ),
        ),
        button=_("Join them"),
        hidden=(("customer", str(person.customer_id)), ("other", str(other.customer_id))),
        reason=_("The same e-mail address"),
        labels=_labels(),
    )


def join(
    session: PanelSession, customer_id: UUID, other_id: UUID, *, actor: Actor, reason: str
) -> Told:
    """Join them, once; if they are one already, say by whom.

    Raises NoSuchObjectError; GroupingError for two who are not those the agent saw any more.
    """
    scene = Scene(session, clock.now())
    _pair(customer_id, other_id)
    try:
        merge = merge_customers(customer_id, other_id, actor=actor, reason=reason)
    except GroupingError:
        # Again, or at the same time as somebody else: what was wanted is so.
        now_one, _same = _pair(customer_id, other_id)
        return Told(Tone.NEUTRAL, _already(), _by_whom(scene, now_one, customer_id, other_id))
    if (merge.winner_id, merge.loser_id) != (customer_id, other_id):
        raise GroupingError(_("One of them was joined with somebody else meanwhile. Look again."))
    return Told(
        Tone.GOOD,
        _("Joined as one person"),
        _("The card now shows what both have. It can be undone there."),
    )


def undo_dialog(session: PanelSession, merge_id: UUID) -> Joining:
    """The dialog that undoes a joining, inside the tenant's scope.

    Raises NoSuchObjectError; GroupingError for one that is undone already.
    """
    scene = Scene(session, clock.now())
    merge = _merge(merge_id)
    if merge.undone_at:
        raise GroupingError(f"{_undone_already()} {_undone_by(scene, merge)}")
    each = _joined(merge)
    facts = [
        (_("Joined"), who_joined(each)),
        (_("By"), each.by),
        (_("When"), scene.moment(each.at).exact),
        (_("Reason"), each.reason),
    ]
    return Joining(
        title=_("Undo joining"),
        url=reverse("sidebar:undo_joining", args=[merge_id]),
        facts=tuple(fact for fact in facts if fact[1]),
        sentences=(
            _("%(who)s gets a card of their own again.") % {"who": who_joined(each)},
            _("What each of them has goes back to them. Nothing changes at the gateways."),
        ),
        button=_("Undo joining"),
        labels=_labels(),
    )


def undo(session: PanelSession, merge_id: UUID, *, actor: Actor, reason: str) -> Told:
    """Undo a joining, once; if somebody else did, say who. NoSuchObjectError."""
    _merge(merge_id)
    merge = unmerge(merge_id, actor=actor, reason=reason)
    undoing = undoing_of(merge)
    if undoing and undoing.actor_id != actor.id:
        scene = Scene(session, clock.now())
        return Told(Tone.NEUTRAL, _undone_already(), _undone_by(scene, merge))
    return Told(Tone.GOOD, _("Joining undone"), _("They are two people again."))


def _pair(customer_id: UUID, other_id: UUID) -> tuple[CardFacts, CardFacts]:
    person, other = card_facts(customer_id), card_facts(other_id)
    if person is None or other is None:
        raise NoSuchObjectError(_("There is no such record."))
    alike = {each.customer_id for each in person.alike} | {person.customer_id}
    if other.customer_id not in alike:
        raise GroupingError(_("These two no longer share an e-mail address."))
    return person, other


def _merge(merge_id: UUID) -> CustomerMerge:
    merge = CustomerMerge.objects.filter(id=merge_id).first()
    if merge is None:
        raise NoSuchObjectError(_("There is no such record."))
    return merge


def _joined(merge: CustomerMerge) -> JoinedFacts:
    person = card_facts(merge.loser_id)
    joined = person.joined if person else ()
    found = next((each for each in joined if each.merge_id == merge.id), None)
    if found is None:
        raise NoSuchObjectError(_("There is no such record."))
    return found


def _shown(scene: Scene, facts: CardFacts) -> Candidate:
    gateways = {record.connection.label for record in facts.gateway_customers}
    return candidate(scene, facts, ", ".join(sorted(gateways)))


def _already() -> str:
    return _("They are one person already.")


def _undone_already() -> str:
    return _("It is undone already.")


def _by_whom(scene: Scene, facts: CardFacts, *wanted: UUID) -> str:
    found = next((each for each in facts.joined if each.customer_id in wanted), None)
    return by_whom(scene, found.by, found.at) if found else ""


def _undone_by(scene: Scene, merge: CustomerMerge) -> str:
    undoing = undoing_of(merge)
    return by_whom(scene, undoing.actor_label, undoing.at) if undoing else ""


def _labels() -> dict[str, str]:
    return {
        "reason": _("Reason"),
        "reason_help": _("Kept in the audit log; the customer does not see it."),
        "back": _("Back"),
        "close": _("Close"),
    }
