"""Recurly's objects as its contract describes them."""

from sandbox.recurly.shapes.ground import DAY, Deal, Person, exponent, major, minor, times, uuid_of
from sandbox.recurly.shapes.offers import begin_period, coupon, plan, subscription
from sandbox.recurly.shapes.payments import invoice, invoice_mini, transaction
from sandbox.recurly.shapes.people import account, billing_info, site

__all__ = [
    "DAY",
    "Deal",
    "Person",
    "account",
    "begin_period",
    "billing_info",
    "coupon",
    "exponent",
    "invoice",
    "invoice_mini",
    "major",
    "minor",
    "plan",
    "site",
    "subscription",
    "times",
    "transaction",
    "uuid_of",
]
