"""Subscriptions with their item."""

from dataclasses import dataclass, field

from sandbox.stripe.billing_shapes.catalog import plan
from sandbox.wire import Json


@dataclass(frozen=True)
class Contract:
    """A subscription about to be written."""

    customer: str
    price: Json
    start: int
    period_start: int
    period_end: int
    status: str = "active"
    quantity: int = 1
    trial_end: int | None = None
    method: str | None = None
    metadata: Json = field(default_factory=dict)


def subscription(object_id: str, item_id: str, deal: Contract, *, livemode: bool) -> Json:
    """Write a subscription with one item."""
    item: Json = {
        "id": item_id,
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": deal.start,
        "current_period_end": deal.period_end,
        "current_period_start": deal.period_start,
        "discounts": [],
        "metadata": {},
        "plan": plan(deal.price),
        "price": deal.price,
        "quantity": deal.quantity,
        "subscription": object_id,
        "tax_rates": [],
    }
    paused = None
    if deal.status == "paused":
        paused = {
            "type": "paused",
            "paused": {
                "subscription": {"type": "trial_end_without_payment_method"},
                "type": "subscription",
                "transitioned_at": deal.period_start,
            },
        }
    return {
        "id": object_id,
        "object": "subscription",
        "application": None,
        "application_fee_percent": None,
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": deal.start,
        "billing_cycle_anchor_config": None,
        "billing_mode": {"flexible": None, "type": "classic"},
        "billing_schedules": [],
        "billing_thresholds": None,
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "collection_method": "charge_automatically",
        "created": deal.start,
        "currency": deal.price["currency"],
        "customer": deal.customer,
        "customer_account": None,
        "days_until_due": None,
        "default_payment_method": deal.method,
        "default_source": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [],
        "ended_at": None,
        "invoice_settings": {
            "account_tax_ids": None,
            "custom_fields": None,
            "description": None,
            "footer": None,
            "issuer": {"type": "self"},
        },
        "items": {
            "object": "list",
            "data": [item],
            "has_more": False,
            "url": f"/v1/subscription_items?subscription={object_id}",
        },
        "latest_invoice": None,
        "livemode": livemode,
        "managed_payments": None,
        "metadata": deal.metadata,
        "next_pending_invoice_item_invoice": None,
        "on_behalf_of": None,
        "pause_collection": None,
        "payment_settings": {
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": "off",
        },
        "pending_invoice_item_interval": None,
        "pending_setup_intent": None,
        "pending_update": None,
        "presentment_details": None,
        "schedule": None,
        "start_date": deal.start,
        "status": deal.status,
        "status_details": paused,
        "test_clock": None,
        "transfer_data": None,
        "trial_end": deal.trial_end,
        "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}},
        "trial_start": deal.start if deal.trial_end else None,
    }
