"""What an agent must not miss about a customer: disputes, failed payments, what ends soon (S3)."""

from collections.abc import Iterator
from datetime import timedelta

from django.utils.translation import gettext as _

from chargedesk.ledger.selectors import CardFacts, ChargeFacts
from chargedesk.sidebar.lines import Scene
from gateways.snapshots import ChargeStatus, SubscriptionStatus
from helpdesk_apps.card import Alert, Tone

SOON = timedelta(days=14)


def alerts_of(scene: Scene, facts: CardFacts) -> Iterator[Alert]:
    """The alert strip, the gravest first."""
    for charge in facts.charges:
        if charge.open_dispute:
            yield Alert("dispute", _dispute_text(scene, charge), Tone.BAD)
    if facts.charges and facts.charges[0].status == ChargeStatus.FAILED:
        yield Alert("payment_failed", _("The last payment failed"), Tone.WARNING)
    for each in facts.subscriptions:
        if each.status == SubscriptionStatus.PAST_DUE:
            yield Alert("past_due", _("Subscription past due"), Tone.WARNING)
        elif each.cancel_at and scene.now < each.cancel_at < scene.now + SOON:
            text = _("Subscription ends %(when)s") % {"when": scene.day(each.cancel_at)}
            yield Alert("ends_soon", text, Tone.WARNING)


def _dispute_text(scene: Scene, charge: ChargeFacts) -> str:
    dispute = charge.open_dispute
    if dispute is None or dispute.respond_by is None:
        return _("Open dispute over %(amount)s") % {"amount": scene.money(charge.amount)}
    return _("Open dispute over %(amount)s, answer by %(when)s") % {
        "amount": scene.money(dispute.amount),
        "when": scene.day(dispute.respond_by),
    }
