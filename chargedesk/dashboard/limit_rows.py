"""A role's limits as the page shows them: money instead of bare figures."""

from dataclasses import dataclass

from chargedesk.kit.money import Money
from chargedesk.tenants.models import RoleLimit


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitRow:
    """One role in one currency; None is no limit."""

    role: str
    currency: str
    action: Money | None
    day: Money | None
    customer_day: Money | None
    charge_age_days: int | None


def limit_rows() -> list[LimitRow]:
    """The current tenant's limits; one statement."""
    return [_row(limit) for limit in RoleLimit.objects.order_by("role", "currency")]


def _row(limit: RoleLimit) -> LimitRow:
    def money(minor: int | None) -> Money | None:
        return None if minor is None else Money.of(minor, limit.currency)

    return LimitRow(
        role=limit.get_role_display(),
        currency=limit.currency,
        action=money(limit.action_minor),
        day=money(limit.day_minor),
        customer_day=money(limit.customer_day_minor),
        charge_age_days=limit.charge_age_days,
    )
