"""The card's quiet lines about others who may be this person, or were made one with it (S7)."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chargedesk.ledger.selectors import AlikeFacts, JoinedFacts
from chargedesk.sidebar.lines import Scene
from chargedesk.tenants.roles import Right
from helpdesk_apps.card import Alike, Joined

MOST_ALIKE = 3
MOST_PLACES = 2


def alike_lines(scene: Scene, others: Sequence[AlikeFacts]) -> tuple[Alike, ...]:
    """Others who may be this person; none for somebody who could not join them."""
    if not scene.session.may(Right.LINK_CUSTOMERS):
        return ()
    return tuple(
        Alike(
            str(each.customer_id),
            _("Also at %(gateways)s: %(who)s. Same person?")
            % {"gateways": _places(each.gateways), "who": _called(each.name, each.email)},
        )
        for each in others[:MOST_ALIKE]
    )


def joined_lines(scene: Scene, others: Sequence[JoinedFacts]) -> tuple[Joined, ...]:
    """Those who were made one with this person, by whom and when."""
    return tuple(_joined(scene, each) for each in others)


def joined_title(others: Sequence[Joined]) -> str:
    """Says in one line who was joined, or how many."""
    if len(others) == 1:
        return _("Joined with %(who)s") % {"who": others[0].who}
    return ngettext(
        "Joined with %(count)s other person", "Joined with %(count)s other people", len(others)
    ) % {"count": len(others)}


def who_joined(each: JoinedFacts) -> str:
    """Who was joined, and where they are known."""
    name = each.name or each.email or _("Customer without a name")
    return f"{name} ({_places(each.gateways)})" if each.gateways else name


def by_whom(scene: Scene, who: str, when: datetime) -> str:
    """Who did it, and how long ago."""
    return _("By %(who)s, %(when)s.") % {"who": who, "when": scene.moment(when).text}


def _joined(scene: Scene, each: JoinedFacts) -> Joined:
    return Joined(
        merge_id=str(each.merge_id),
        who=who_joined(each),
        text=by_whom(scene, each.by, each.at),
        when=scene.moment(each.at),
        can_undo=scene.session.may(Right.LINK_CUSTOMERS),
    )


def _places(gateways: Sequence[str]) -> str:
    """The first gateways by name, the others by number."""
    named, more = ", ".join(gateways[:MOST_PLACES]), len(gateways) - MOST_PLACES
    if more <= 0:
        return named
    return ngettext("%(named)s and %(more)s more", "%(named)s and %(more)s more", more) % {
        "named": named,
        "more": more,
    }


def _called(name: str, email: str) -> str:
    return ", ".join(filter(None, (name, email))) or _("Customer without a name")
