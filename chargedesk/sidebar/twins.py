"""Says of a purchase known twice where its other record is, and what went back only there."""

from collections.abc import Callable

from django.utils.translation import gettext as _

from chargedesk.kit.money import Money
from chargedesk.ledger.selectors import ChargeFacts


def notes_of(charge: ChargeFacts, money: Callable[[Money], str]) -> tuple[str, ...]:
    """Quiet lines for a charge; `money` writes an amount that went back."""
    notes = []
    if charge.part_of:
        text = _("Part of %(what)s in %(where)s")
        what = charge.part_of.description or charge.part_of.external_id
        notes.append(text % {"what": what, "where": charge.part_of.connection_label})
    if charge.paid_through:
        where = charge.paid_through.connection_label
        notes.append(_("Paid through %(where)s") % {"where": where})
        if charge.inside_refunded > charge.refunded:
            only_there = charge.inside_refunded - charge.refunded
            text = _("%(amount)s of it went back in %(where)s only; the order does not know.")
            notes.append(text % {"amount": money(only_there), "where": where})
    return tuple(notes)
