"""A role's limits as the page shows them: money instead of bare figures."""

from collections.abc import Iterable
from dataclasses import dataclass

from chargedesk.kit.money import Money
from chargedesk.ledger.selectors.currencies import currencies_in_use
from chargedesk.tenants.models import RoleLimit
from chargedesk.tenants.roles import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitRow:
    """One role in one currency; None is no limit.

    `is_set` is False for a currency in use in which a role with limits has none: a second person
    approves whatever it moves.
    """

    role: str
    currency: str
    action: Money | None = None
    day: Money | None = None
    customer_day: Money | None = None
    charge_age_days: int | None = None
    is_set: bool = True


def limit_rows() -> list[LimitRow]:
    """The current tenant's limits, and after each role's what it lacks; two statements."""
    limits = list(RoleLimit.objects.order_by("role", "currency"))
    used = currencies_in_use()
    rows: list[LimitRow] = []
    for role in dict.fromkeys(limit.role for limit in limits):
        own = [limit for limit in limits if limit.role == role]
        rows += [_row(limit) for limit in own]
        rows += _not_set(role, used - {limit.currency for limit in own})
    return rows


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


def _not_set(role: str, currencies: Iterable[str]) -> list[LimitRow]:
    label = str(Role(role).label)
    return [LimitRow(role=label, currency=code, is_set=False) for code in sorted(currencies)]
