"""v1's words for where a charge or a subscription stands, for `/v1` and calls to own systems."""

from chargedesk.ledger.models import Subscription
from gateways.snapshots import ChargeStatus, SubscriptionStatus

# What a gateway says and we do not know stays unknown.
CHARGE_WORDS: dict[str, str] = {
    ChargeStatus.PENDING: "pending",
    ChargeStatus.AUTHORIZED: "authorized",
    ChargeStatus.SUCCEEDED: "paid",
    ChargeStatus.FAILED: "failed",
    ChargeStatus.CANCELED: "void",
    ChargeStatus.PARTIALLY_REFUNDED: "partially refunded",
    ChargeStatus.REFUNDED: "refunded",
    ChargeStatus.DISPUTED: "disputed",
    ChargeStatus.UNKNOWN: "unknown",
}
SUBSCRIPTION_WORDS: dict[str, str] = {
    SubscriptionStatus.PENDING: "pending",
    SubscriptionStatus.TRIALING: "trialing",
    SubscriptionStatus.ACTIVE: "active",
    SubscriptionStatus.PAST_DUE: "past_due",
    SubscriptionStatus.PAUSED: "suspended",
    SubscriptionStatus.CANCELED: "canceled",
    SubscriptionStatus.EXPIRED: "canceled",
    SubscriptionStatus.UNKNOWN: "unknown",
}
# Running, but with an end in sight: v1 has a word of its own for it.
PENDING_CANCEL = "pending_cancel"
RUNNING = ("active", "trialing", "past_due")


def subscription_word(row: Subscription) -> str:
    """v1's word for where it stands."""
    word = SUBSCRIPTION_WORDS.get(row.status, "unknown")
    ends = row.cancels_at_period_end or row.cancel_at is not None
    return PENDING_CANCEL if ends and word in RUNNING else word
