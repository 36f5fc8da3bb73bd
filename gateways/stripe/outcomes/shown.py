"""What an object shows about an order, and the amounts in it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chargedesk.kit.money import Money
from gateways.stripe.mapping.amounts import iso_code, iso_minor
from gateways.stripe.mapping.values import Obj


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One reading of an object; an empty `state` or `object_id` shows no outcome."""

    state: str
    object_id: Any
    money: Money | None = None
    detail: str = ""
    url: str = ""
    expires_at: datetime | None = None


def money_of(amount: Any, obj: Obj) -> Money:
    """An amount of this object."""
    return Money.of(iso_minor(amount, obj["currency"]), iso_code(obj["currency"]))
