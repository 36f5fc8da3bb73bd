"""What an agent must not miss about a customer: disputes, fraud, failures, what ends (S3)."""

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
    yield from _at_the_bank(scene, facts)
    if facts.charges and facts.charges[0].status == ChargeStatus.FAILED:
        yield Alert("payment_failed", _("The last payment failed"), Tone.WARNING)
    for each in facts.subscriptions:
        if each.status == SubscriptionStatus.PAST_DUE:
            yield Alert("past_due", _("Subscription past due"), Tone.WARNING)
        elif each.cancel_at and scene.now < each.cancel_at < scene.now + SOON:
            text = _("Subscription ends %(when)s") % {"when": scene.day(each.cancel_at)}
            yield Alert("ends_soon", text, Tone.WARNING)


def _at_the_bank(scene: Scene, facts: CardFacts) -> Iterator[Alert]:
    for charge in facts.charges:
        if charge.open_dispute:
            yield Alert("dispute", _dispute_text(scene, charge), Tone.BAD)
    for charge in facts.charges:
        if charge.fraud_warning:
            yield Alert("fraud_warning", *_fraud(scene, charge))


def _dispute_text(scene: Scene, charge: ChargeFacts) -> str:
    dispute = charge.open_dispute
    if dispute is None or dispute.respond_by is None:
        return _("Open dispute over %(amount)s") % {"amount": scene.money(charge.amount)}
    return _("Open dispute over %(amount)s, answer by %(when)s") % {
        "amount": scene.money(dispute.amount),
        "when": scene.day(dispute.respond_by),
    }


def _fraud(scene: Scene, charge: ChargeFacts) -> tuple[str, Tone]:
    """What the bank says, and what to do while a refund may still avoid a dispute."""
    values = {"amount": scene.money(charge.amount)}
    if not charge.can_avoid_dispute:
        return _fraud_is_over(charge) % values, Tone.NEUTRAL
    if charge.root.held.minor and not charge.root.available.minor:
        return _("Fraud warning over %(amount)s: its refund is on its way.") % values, Tone.WARNING
    text = _(
        "Fraud warning over %(amount)s of %(when)s: the card's bank reported this payment as fraud."
    )
    values["when"] = scene.day(charge.created_at)
    return f"{text % values} {_advice(scene, charge)}", Tone.BAD


def _advice(scene: Scene, charge: ChargeFacts) -> str:
    if charge.true_status == ChargeStatus.AUTHORIZED:
        return _("Release the hold instead of capturing it.")
    if not charge.given_back.minor:
        return _("Refund it before it becomes a dispute.")
    rest = scene.money(charge.root.available)
    return _("Refund the remaining %(rest)s before it becomes a dispute.") % {"rest": rest}


def _fraud_is_over(charge: ChargeFacts) -> str:
    if charge.disputes:
        return _(
            "Fraud warning over %(amount)s: it came to a dispute, which a refund no longer avoids."
        )
    if charge.true_status == ChargeStatus.REFUNDED:
        return _("Fraud warning over %(amount)s: refunded, nothing is left to do.")
    return _("Fraud warning over %(amount)s: nothing is left to do.")
