"""How much money a role may move: cautious at the start, changed by people, audited."""

from dataclasses import asdict, dataclass

import audit.services as audit
from audit.services import Actor
from audit.verbs import Verb
from chargedesk.base import scoping
from chargedesk.kit.money import currency as known_currency
from chargedesk.tenants.models import RoleLimit
from chargedesk.tenants.roles import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Figures in minor units; None is no limit. Over one of them a second person approves."""

    action_minor: int | None = None
    day_minor: int | None = None
    customer_day_minor: int | None = None
    charge_age_days: int | None = None


# A new company's agents refund what is usual by themselves, in other currencies nothing; everyone
# above them has no limit.
_AGENT = Limit(
    action_minor=200_00, day_minor=1000_00, customer_day_minor=400_00, charge_age_days=180
)
_FIRST_CURRENCIES = ("EUR", "GBP", "USD")


def make_default_limits() -> None:
    """The limits a new tenant starts with; audited with its creation."""
    RoleLimit.objects.bulk_create(
        RoleLimit(
            tenant_id=scoping.current_tenant(), role=Role.AGENT, currency=code, **asdict(_AGENT)
        )
        for code in _FIRST_CURRENCIES
    )


def set_role_limit(role: Role, *, currency: str, limit: Limit, actor: Actor) -> RoleLimit:
    """Set a role's limits in one currency. CurrencyError."""
    code = known_currency(currency).code
    row, _is_new = RoleLimit.objects.update_or_create(
        tenant_id=scoping.current_tenant(), role=role, currency=code, defaults=asdict(limit)
    )
    audit.record(
        Verb.LIMIT_CHANGED,
        actor=actor,
        object_kind="role_limit",
        object_id=row.id,
        details={"role": role.value, "currency": code, **asdict(limit)},
    )
    return row
