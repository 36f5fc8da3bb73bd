"""All endpoints of this Stripe, in the order they are tried."""

from sandbox.stripe import (
    accounts,
    catalog,
    charges,
    customers,
    disputes,
    events,
    invoices,
    payment_intents,
    refunds,
    subscriptions,
    webhook_endpoints,
)
from sandbox.stripe.routes import Route

ROUTES: tuple[Route, ...] = (
    *accounts.ROUTES,
    *catalog.ROUTES,
    *events.ROUTES,
    *invoices.ROUTES,
    *subscriptions.ROUTES,
    *webhook_endpoints.ROUTES,
    *disputes.ROUTES,
    *charges.ROUTES,
    *customers.ROUTES,
    *payment_intents.ROUTES,
    *refunds.ROUTES,
)
BY_METHOD: dict[str, tuple[Route, ...]] = {
    method: tuple(route for route in ROUTES if route.method == method)
    for method in ("GET", "POST", "DELETE")
}
