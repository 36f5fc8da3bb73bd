"""How a payment stands at the gateway behind, before an order is sent and after (M7, M10).

Of a purchase known twice, an order goes through the outer system, and the gateway behind it moves
the money without our marker. So nothing there settles an order as done; but if nothing has changed
there since before the first try, nothing was moved.
"""

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from chargedesk.actions.models import ActionIntent
from chargedesk.kit.money import Money
from chargedesk.ledger.models import Charge, Refund
from chargedesk.ledger.selectors import twins_of
from gateways.capabilities import ActionKind

# Among an order's evidence: the inner charge before the first try.
_BEHIND = "behind"


def note_picture_behind(intent: ActionIntent) -> None:
    """Remember how the inner charge stands, if there is one. `intent` is locked, nothing is sent.

    What the ledger has may be old: then more seems to have changed later, and a person looks.
    """
    inner = _inner_charge(intent)
    if inner is not None:
        intent.evidence = {**intent.evidence, _BEHIND: _picture(inner)}
        intent.save(update_fields=["evidence"])


def remembers_behind() -> Q:
    """Of orders, those whose inner charge was remembered."""
    return Q(evidence__has_key=_BEHIND)


def charge_behind(intent: ActionIntent) -> Charge | None:
    """The inner charge, if it is still the one that was remembered before the first try."""
    noted = intent.evidence.get(_BEHIND)
    inner = _inner_charge(intent) if noted else None
    return inner if inner is not None and str(inner.id) == noted["charge"] else None


def changed_behind(intent: ActionIntent) -> str:
    """What is stored of the inner charge now and was not then, in plain words; empty for nothing.

    Any change counts: a sale that was voided is no refund and gave the money back all the same.
    """
    noted = intent.evidence.get(_BEHIND)
    if not noted:
        return ""
    inner = Charge.objects.select_related("connection").get(pk=noted["charge"])
    new = Refund.objects.filter(root_id=inner.root_id).exclude(external_id__in=noted["refunds"])
    shown = [f"{each.external_id} {each.amount} {each.status}" for each in new]
    if not shown and _picture(inner) != noted:
        shown = [f"{inner.external_id} {inner.status} {_refunded(inner)}"]
    if not shown:
        return ""
    return _("Since before it was sent, this changed at %(where)s: %(what)s") % {
        "where": inner.connection.label,
        "what": ", ".join(shown),
    }


def _inner_charge(intent: ActionIntent) -> Charge | None:
    if intent.action != ActionKind.REFUND:
        return None
    _outer, inner = twins_of([intent.object_id]).get(intent.object_id, (None, None))
    rows = Charge.objects.select_related("connection", "root")
    return rows.get(pk=inner.charge_id) if inner else None


def _picture(inner: Charge) -> dict[str, Any]:
    names = Refund.objects.filter(root_id=inner.root_id).values_list("external_id", flat=True)
    return {
        "charge": str(inner.id),
        "status": inner.status,
        "captured_minor": inner.captured_minor,
        "refunded_minor": inner.refunded_minor,
        "refunds": sorted(names),
    }


def _refunded(inner: Charge) -> str:
    given_back = Money.of(inner.refunded_minor, inner.currency)
    return _("refunded %(amount)s") % {"amount": given_back}
