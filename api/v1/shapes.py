"""The shapes of answers, for the description of `/v1`.

A page has up to 500 rows of 60 fields, so rows are rendered by plain functions; a test holds
them to these shapes.
"""

from typing import Any

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers

from gateways.capabilities import ActionKind


def _texts(*names: str) -> dict[str, Any]:
    return {name: serializers.CharField(allow_null=True) for name in names}


def _numbers(*names: str) -> dict[str, Any]:
    return {name: serializers.IntegerField(allow_null=True) for name in names}


def _words(*names: str) -> dict[str, Any]:
    return {name: serializers.ListField(child=serializers.CharField()) for name in names}


def _lists(*names: str) -> dict[str, Any]:
    return {name: serializers.ListField() for name in names}


def _kind(name: str) -> dict[str, Any]:
    return {"object": serializers.CharField(help_text=f"Always “{name}”.")}


def _metadata() -> dict[str, Any]:
    return {
        "metadata": serializers.JSONField(
            help_text="An object when filled, an empty array when empty."
        )
    }


def _twin(help_text: str) -> serializers.DictField:
    """charge_id, transaction_id, gateway_id, gateway (its label), description; or null."""
    child = serializers.CharField(allow_null=True)
    return serializers.DictField(child=child, allow_null=True, help_text=help_text)


CHARGE = inline_serializer(
    "Charge",
    {
        **_kind("charge"),
        **_texts("charge_id", "transaction_id", "company", "gateway_id"),
        **_texts("customer_id", "customer_name", "customer_email", "customer_email_domain"),
        **_texts("customer_phone", "customer_username", "customer_country"),
        **_texts("name_email", "name_send_email"),
        **_texts("product_id", "product_desc", "subscription_id"),
        **_texts("description", "statement_description"),
        **_texts("status", "status_text"),
        "is_paid": serializers.BooleanField(),
        **_texts("failure_reason"),
        **_texts("amount", "amount_refunded", "added_tax", "amount_formatted"),
        **_texts("amount_refunded_formatted", "amount_with_commas", "amount_symbol", "currency"),
        **_texts("occurred", "occurred_formatted", "occurred_relative"),
        **_texts("refunded_at", "refunded_at_formatted", "accurate_at"),
        **_texts("payment_method", "payment_method_brand", "payment_method_bank"),
        **_texts("payment_method_describe", "last_4_digits"),
        **_texts("invoice_url", "invoice_download_url", "support_url", "manage_url"),
        **_texts("support_email", "gateway_url"),
        **_texts("sent_receipt", "sent_invoice", "sent_invoice_reminder", "sent_refund_receipt"),
        **_texts("sent_void", "sent_authorize", "sent_dunning"),
        **_numbers("email_last_sent"),
        **_texts("audited_job"),
        **_metadata(),
        **_lists("logs"),
        "money_version": serializers.IntegerField(help_text="For If-Match."),
        "part_of": _twin("The charge at an outer system that this money is part of."),
        "paid_through": _twin("The same money at the gateway behind."),
        **_words("methods_active", "methods_supported"),
    },
)

SUBSCRIPTION = inline_serializer(
    "Subscription",
    {
        **_kind("subscription"),
        **_texts("subscription_id", "company", "gateway_id", "customer_id"),
        **_texts("product_id", "product_desc", "status", "status_text"),
        **_texts("amount", "setup_amount", "amount_formatted", "amount_symbol", "currency"),
        **_texts("quantity", "interval", "interval_count", "readable_interval"),
        **_texts("trial_period_days"),
        **_numbers("first_seen"),
        **_texts("current_period_start", "current_period_end", "trial_start", "trial_end"),
        **_texts("canceled_at", "ended_at", "last_email", "accurate_at"),
        **_numbers("charges"),
        "items": serializers.ListField(child=serializers.DictField()),
        **_texts("has_items", "has_meta"),
        **_metadata(),
        **_lists("logs"),
        **_texts("manage_url", "gateway_url"),
        **_words("methods_active", "methods_supported"),
    },
)

CUSTOMER = inline_serializer(
    "Customer",
    {
        **_kind("customer"),
        **_texts("customer_id", "company", "gateway_id"),
        **_texts("name", "first_name", "email", "email_domain", "send_email_to", "phone", "fax"),
        **_texts("username", "website", "customer_company", "description"),
        **_texts("country", "readable_country", "billing_address", "shipping_address"),
        **_texts("invoice_details", "tax_number", "tax_number_abr"),
        **_texts("delinquent", "card_on_file", "has_items"),
        **_numbers("first_seen", "charges"),
        **_texts("tickets"),
        "subscriptions": type(SUBSCRIPTION)(many=True),
        **_lists("items", "logs", "metadata"),
        **_texts("last_charge_id", "last_paid_charge", "edited", "accurate_at"),
        **_texts("manage_url", "gateway_url"),
        **_texts("unsubscribe_receipts", "unsubscribe_refunds", "unsubscribe_void"),
        **_texts("unsubscribe_authorize"),
        **_words("methods_active", "methods_supported"),
    },
)

PRODUCT = inline_serializer(
    "Product",
    {
        **_kind("product"),
        **_texts("product_id", "company", "gateway_id", "name", "description", "url"),
        **_texts("support_url", "status"),
        **_texts("amount", "setup_amount", "amount_formatted", "amount_symbol", "currency"),
        **_texts("quantity", "trial_period_days"),
        **_texts("interval", "interval_count", "readable_interval", "billing_cycles_total"),
        **_texts("chargeable", "has_agent_log"),
        **_numbers("taxable", "charges", "first_seen"),
        **_lists("logs"),
    },
)

ACTIVITY = inline_serializer(
    "Activity",
    {
        **_numbers("occurred"),
        **_texts("object_type", "object_id", "event", "action_type", "action_reason"),
        "action_params": serializers.BooleanField(),
        **_texts("description", "sub_description", "context", "params", "source", "ip"),
        **_texts("company"),
    },
)

LINE_ITEMS = inline_serializer(
    "LineItems",
    {
        "success": serializers.BooleanField(),
        "data": inline_serializer(
            "LineItemsData",
            {
                "items": serializers.ListField(child=serializers.DictField()),
                "taxes": serializers.ListField(child=serializers.DictField()),
            },
        ),
    },
)

ACTION_STATE = inline_serializer(
    "ActionState", {"id": serializers.UUIDField(), "state": serializers.CharField()}
)
CHARGE_ANSWER = inline_serializer(
    "ChargeAnswer", {"charge": type(CHARGE)(), "action": type(ACTION_STATE)()}
)
SUBSCRIPTION_ANSWER = inline_serializer(
    "SubscriptionAnswer", {"subscription": type(SUBSCRIPTION)(), "action": type(ACTION_STATE)()}
)
PRODUCT_CHARGE_ANSWER = inline_serializer(
    "ProductChargeAnswer",
    {
        "charge": type(CHARGE)(allow_null=True),
        "subscription": type(SUBSCRIPTION)(allow_null=True),
        **_texts("pay_link"),
        **_numbers("pay_link_expires"),
        "action": type(ACTION_STATE)(),
    },
)
CUSTOMER_ANSWER = inline_serializer(
    "CustomerAnswer", {"customer": type(CUSTOMER)(), "action": type(ACTION_STATE)()}
)
CARD_UPDATE_ANSWER = inline_serializer(
    "CardUpdateAnswer",
    {
        "customer": type(CUSTOMER)(),
        **_texts("card_update_link"),
        **_numbers("card_update_link_expires"),
        "action": type(ACTION_STATE)(),
    },
)
INVOICE = inline_serializer(
    "Invoice",
    {
        **_kind("invoice"),
        **_texts("invoice_id", "company", "gateway_id", "customer_id", "subscription_id"),
        **_texts("number", "status", "amount", "amount_due", "currency", "occurred"),
        **_texts("invoice_url", "invoice_download_url", "gateway_url"),
        **_words("methods_active", "methods_supported"),
    },
)
INVOICE_ANSWER = inline_serializer(
    "InvoiceAnswer", {"invoice": type(INVOICE)(), "action": type(ACTION_STATE)()}
)
ACTION = inline_serializer(
    "Action",
    {
        **_kind("action"),
        "id": serializers.UUIDField(),
        "action": serializers.ChoiceField(choices=[kind.value for kind in ActionKind]),
        **_texts("state", "state_text", "object_type", "object_id", "gateway_id", "target_id"),
        **_words("steps_done", "steps_not_done"),
        **_texts("amount", "currency", "result_id", "result_amount", "url"),
        **_texts("reason", "note", "failure_code", "failure_message", "requested_by"),
        **_numbers("created", "settled_at", "url_expires_at"),
    },
)

GROUPED = inline_serializer(
    "GroupedCustomers",
    {
        **_texts("search"),
        "match": inline_serializer(
            "Match",
            {
                **_texts("param", "matches", "grade", "reason"),
                **_numbers("score"),
            },
            allow_null=True,
        ),
        "customers": serializers.ListField(child=serializers.DictField()),
    },
)
CHANGES = inline_serializer(
    "Changes",
    {
        **_kind("list"),
        "cursor": serializers.CharField(),
        "data": inline_serializer(
            "Change",
            {
                **_texts("object", "id", "cursor"),
                "is_new": serializers.BooleanField(),
            },
            many=True,
        ),
    },
)
CONNECTIONS = inline_serializer(
    "Connections",
    {
        **_kind("list"),
        "data": inline_serializer(
            "Connection",
            {
                **_kind("connection"),
                **_texts("id", "gateway", "label", "account_id", "state", "state_reason"),
                "is_live": serializers.BooleanField(),
                **_numbers("last_event_at"),
            },
            many=True,
        ),
    },
)
PROGRESS = inline_serializer(
    "Progress",
    {
        **_kind("progress"),
        **_texts("run_id", "kind", "state", "phase_label", "wait_reason"),
        **_numbers("done", "total", "eta_s", "waits_until", "newest_data_at", "last_event_at"),
        "rate": serializers.FloatField(allow_null=True),
        **_numbers("signature_failures", "waiting_events", "failed_events"),
        **_numbers("missed_by_webhooks"),
        "phases": serializers.ListField(child=serializers.DictField()),
        "last_check": serializers.DictField(allow_null=True),
        **_words("errors"),
    },
)
