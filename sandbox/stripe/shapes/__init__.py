"""The bodies of customers, payments and refunds, with every field of the pinned version."""

from sandbox.stripe.shapes.movements import Booking, Reversal, balance_transaction, refund
from sandbox.stripe.shapes.payments import (
    AUTHORIZATION_LIFE,
    DAY,
    Payment,
    charge,
    payment_intent,
)
from sandbox.stripe.shapes.people import NO_ADDRESS, Method, Person, customer, payment_method
from sandbox.stripe.shapes.sessions import Visit, checkout_session, setup_intent

__all__ = [
    "AUTHORIZATION_LIFE",
    "DAY",
    "NO_ADDRESS",
    "Booking",
    "Method",
    "Payment",
    "Person",
    "Reversal",
    "Visit",
    "balance_transaction",
    "charge",
    "checkout_session",
    "customer",
    "payment_intent",
    "payment_method",
    "refund",
    "setup_intent",
]
