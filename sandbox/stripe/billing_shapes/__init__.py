"""The bodies of products, prices, coupons, subscriptions and invoices, with every field."""

from sandbox.stripe.billing_shapes.catalog import (
    Rebate,
    Tariff,
    coupon,
    discount,
    plan,
    price,
    product,
    promotion_code,
)
from sandbox.stripe.billing_shapes.invoices import Bill, invoice, invoice_payment
from sandbox.stripe.billing_shapes.subscriptions import Contract, subscription

__all__ = [
    "Bill",
    "Contract",
    "Rebate",
    "Tariff",
    "coupon",
    "discount",
    "invoice",
    "invoice_payment",
    "plan",
    "price",
    "product",
    "promotion_code",
    "subscription",
]
