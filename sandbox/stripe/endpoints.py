"""All endpoints of this Stripe, in the order they are tried."""

from sandbox.stripe import (
    accounts,
    catalog,
    charges,
    checkout,
    customers,
    disputes,
    events,
    fraud_warnings,
    invoices,
    new_payments,
    payment_intents,
    plan_changes,
    refunds,
    searching,
    subscribing,
    subscriptions,
    webhook_endpoints,
)
from sandbox.stripe.routes import Route

ROUTES: tuple[Route, ...] = (
    *searching.ROUTES,
    *accounts.ROUTES,
    *new_payments.ROUTES,
    *checkout.ROUTES,
    *catalog.ROUTES,
    *events.ROUTES,
    *plan_changes.ROUTES,
    *invoices.ROUTES,
    *subscribing.ROUTES,
    *subscriptions.ROUTES,
    *webhook_endpoints.ROUTES,
    *disputes.ROUTES,
    *fraud_warnings.ROUTES,
    *charges.ROUTES,
    *customers.ROUTES,
    *payment_intents.ROUTES,
    *refunds.ROUTES,
)
BY_METHOD: dict[str, tuple[Route, ...]] = {
    method: tuple(route for route in ROUTES if route.method == method)
    for method in ("GET", "POST", "DELETE")
}
