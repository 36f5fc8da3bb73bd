"""Who somebody is: finding people, and grouping their gateway records without losing anything."""

from chargedesk.ledger.matching.finding import (
    Grade,
    Identity,
    Match,
    find_customers,
    search,
)
from chargedesk.ledger.matching.grouping import (
    GroupingError,
    current_customer_id,
    link_identifier,
    merge_customers,
    separate_gateway_customer,
    undoing_of,
    unlink_identifier,
    unmerge,
)

__all__ = [
    "Grade",
    "GroupingError",
    "Identity",
    "Match",
    "current_customer_id",
    "find_customers",
    "link_identifier",
    "merge_customers",
    "search",
    "separate_gateway_customer",
    "undoing_of",
    "unlink_identifier",
    "unmerge",
]
