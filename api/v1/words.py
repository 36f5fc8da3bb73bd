"""v1's closed lists of words, as callers may send them."""

# More than a gateway's charge can have: asking for one of them finds nothing.
CHARGE_STATUSES = (
    "pending",
    "paid",
    "partially refunded",
    "refunded",
    "failed",
    "authorized",
    "void",
    "invoiced",
    "invoice canceled",
    "unpaid",
    "past due",
    "subscription pending",
    "disputed",
    "trial",
    "credit",
    "uncollectible",
    "open",
    "draft",
    "unclaimed",
    "unknown",
)
SUBSCRIPTION_STATUSES = (
    "requested",
    "pending",
    "new",
    "trialing",
    "active",
    "past_due",
    "canceled",
    "unpaid",
    "suspended",
    "pending_cancel",
    "unknown",
)
REFUND_STATUSES = ("succeeded", "pending", "failed", "canceled")
