"""Which currencies a tenant's customers pay in."""

from chargedesk.ledger.models import CustomerTotal


def currencies_in_use() -> frozenset[str]:
    """Every currency somebody paid in or tried to; one statement over the customers' totals."""
    return frozenset(CustomerTotal.objects.values_list("currency", flat=True).distinct())
