"""Which merchant account takes a currency: each takes one, and a sale names the account."""

import time
from typing import Any

from gateways.braintree.client import get
from gateways.braintree.mapping.shape import refusing_misshapen
from gateways.contract import Credentials
from gateways.errors import InvalidOrderError

_MOST_PAGES = 20
_USABLE = frozenset({"active", "pending"})


@refusing_misshapen
def account_for(credentials: Credentials, currency: str, *, until: float) -> str:
    """The default account if it takes `currency`, else the only one that does.

    InvalidOrderError where none does, or where only a person could choose between several: in
    another account the same figure would be another amount. `until`: of `time.monotonic`.
    """
    found = [each for each in _accounts(credentials, until) if _takes(each, currency)]
    defaults = [each for each in found if each.get("default") in {True, "true"}]
    chosen = defaults or found
    if not chosen:
        raise InvalidOrderError(
            f"No merchant account at Braintree takes {currency}.", parameter="currency"
        )
    if len(chosen) > 1:
        raise InvalidOrderError(
            f"Several merchant accounts take {currency}; make one of them the default.",
            parameter="currency",
        )
    return str(chosen[0]["id"])


def _takes(account: dict[str, Any], currency: str) -> bool:
    is_usable = account.get("status") in _USABLE
    return is_usable and account.get("currency_iso_code") == currency


def _accounts(credentials: Credentials, until: float) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for number in range(1, _MOST_PAGES + 1):
        path = f"/merchant_accounts/?page={number}"
        answer = get(credentials, path, within=until - time.monotonic())
        more = [obj for obj, _ in answer.items("merchant_account")]
        found += more
        total = answer.object("merchant_accounts").get("total_items")
        if not more or len(found) >= int(total or 0):
            break
    return found
