"""Charges that are like an ordered one but do not carry its mark: for a human to judge (M7)."""

from datetime import timedelta

from chargedesk.actions.models import ActionIntent
from chargedesk.actions.subjects import TAKES_MONEY
from chargedesk.ledger.models import Charge
from gateways.snapshots import ChargeStatus

# Providers write whole seconds by a clock of their own; an effect may come late (M4).
_BEFORE, _AFTER = timedelta(minutes=1), timedelta(hours=1)
_NO_MONEY = (ChargeStatus.FAILED, ChargeStatus.CANCELED)
_MOST = 10


def charges_alike(intent: ActionIntent) -> str:
    """The same customer's charges of the same amount and time, of no order; empty for none.

    They settle nothing: they may be somebody else's doing. In scope.
    """
    if intent.action not in TAKES_MONEY or intent.first_try_at is None:
        return ""
    tried = intent.first_try_at
    rows = Charge.objects.filter(
        gateway_customer_id=intent.object_id,
        amount_minor=intent.amount_minor,
        currency=intent.currency,
        intent_id=None,
        occurred_at__range=(tried - _BEFORE, tried + _AFTER),
        is_deleted=False,
    ).exclude(status__in=_NO_MONEY)
    return "; ".join(_described(row) for row in rows.order_by("occurred_at", "pk")[:_MOST])


def _described(charge: Charge) -> str:
    when = f"{charge.occurred_at:%Y-%m-%d %H:%M:%S} UTC"
    return f"{charge.external_id} {charge.status} {charge.amount}, {when}"
