"""Every endpoint: method, path, what it does, and the right it needs."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.braintree import (
    disputes,
    records,
    sales,
    searches,
    subscribing,
    subscriptions,
    transactions,
)
from sandbox.braintree.context import Context, Result

Handler = Callable[[Context], Result]
READ = "read"
REFUND, VOID, SETTLE = "transaction.refund", "transaction.void", "transaction.settle"
SALE = "transaction.create"
SUBSCRIPTION = "subscription.write"


@dataclass(frozen=True)
class Route:
    """One endpoint; `*` in the path stood for an id."""

    method: str
    pattern: re.Pattern[str]
    handler: Handler
    permission: str


def _route(method: str, path: str, handler: Handler, permission: str = READ) -> Route:
    pattern = re.compile("^" + path.replace("*", r"([^/]+)") + "/?$")
    return Route(method, pattern, handler, permission)


ROUTES = (
    _route("GET", "transactions/*", transactions.find),
    _route("POST", "transactions", sales.create, SALE),
    _route("POST", "transactions/*/refund", transactions.create_refund, REFUND),
    _route("PUT", "transactions/*/void", transactions.void, VOID),
    _route("PUT", "transactions/*/submit_for_settlement", transactions.submit, SETTLE),
    _route("PUT", "transactions/*/settle", transactions.settle_now, SETTLE),
    _route("POST", "disputes/advanced_search", searches.disputes),
    _route("GET", "disputes/*", disputes.find),
    _route("GET", "customers/*", records.find_customer),
    _route("GET", "payment_methods/any/*", records.find_payment_method),
    _route("POST", "subscriptions", subscribing.create, SUBSCRIPTION),
    _route("GET", "subscriptions/*", subscriptions.find),
    _route("PUT", "subscriptions/*/cancel", subscriptions.cancel, SUBSCRIPTION),
    _route("GET", "plans", records.all_plans),
    _route("GET", "discounts", records.all_discounts),
    _route("GET", "merchant_accounts", records.merchant_accounts),
    _route("POST", "client_token", records.client_token),
    *(
        _route("POST", f"{kind}s/{path}", make(kind))
        for kind in searches.TAGS
        for path, make in (
            ("advanced_search_ids", searches.ids_of),
            ("advanced_search", searches.objects_of),
        )
    ),
)
