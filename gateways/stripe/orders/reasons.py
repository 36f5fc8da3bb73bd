"""Our reasons in Stripe's words."""

# Stripe knows three reasons. `fraudulent` also puts card and e-mail on the account's block list.
REFUND_REASONS = {
    "duplicate": "duplicate",
    "requested_by_customer": "requested_by_customer",
    "not_as_described": "requested_by_customer",
    "service_problem": "requested_by_customer",
    "goodwill": "requested_by_customer",
    "fraud": "fraudulent",
    "other": "requested_by_customer",
}
