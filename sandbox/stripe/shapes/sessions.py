"""Checkout sessions and setup intents."""

from dataclasses import dataclass

from sandbox.wire import Json


@dataclass(frozen=True)
class Visit:
    """A Checkout session about to be written; `mode` is payment or setup."""

    mode: str
    created: int
    expires_at: int
    customer: Json | None
    url: str
    currency: str | None
    amount: int | None = None
    success_url: str | None = None
    cancel_url: str | None = None
    reference: str | None = None


def checkout_session(object_id: str, visit: Visit, metadata: Json, *, livemode: bool) -> Json:
    """Write an open session of the hosted page."""
    who = visit.customer or {}
    is_payment = visit.mode == "payment"
    return {
        "id": object_id,
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": False} if is_payment else None,
        "after_expiration": None,
        "allow_promotion_codes": False if is_payment else None,
        "allowed_payment_method_types": None,
        "amount_subtotal": visit.amount,
        "amount_total": visit.amount,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": None,
        "branding_settings": None,
        "cancel_url": visit.cancel_url,
        "client_reference_id": visit.reference,
        "client_secret": None,
        "collected_information": None,
        "consent": None,
        "consent_collection": None,
        "created": visit.created,
        "currency": visit.currency,
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
        },
        "customer": who.get("id"),
        "customer_account": None,
        "customer_creation": None if who else "if_required",
        "customer_details": {
            "address": who.get("address"),
            "business_name": None,
            "email": who.get("email"),
            "individual_name": None,
            "name": who.get("name"),
            "phone": who.get("phone"),
            "tax_exempt": "none",
            "tax_ids": None,
        },
        "customer_email": None,
        "discounts": [] if is_payment else None,
        "excluded_payment_method_types": None,
        "expires_at": visit.expires_at,
        "integration_identifier": None,
        "invoice": None,
        "invoice_creation": None,
        "livemode": livemode,
        "locale": None,
        "managed_payments": None,
        "metadata": metadata,
        "mode": visit.mode,
        "name_collection": None,
        "optional_items": None,
        "origin_context": None,
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": "if_required" if is_payment else "always",
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "payment_status": "unpaid" if is_payment else "no_payment_required",
        "permissions": None,
        "phone_number_collection": {"enabled": False},
        "presentment_details": None,
        "recovered_from": None,
        "redirect_on_completion": None,
        "return_url": None,
        "saved_payment_method_options": None,
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": None,
        "subscription": None,
        "success_url": visit.success_url,
        "tax_id_collection": None,
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0}
        if is_payment
        else None,
        "ui_mode": "hosted_page",
        "url": visit.url,
        "wallet_options": None,
    }


def setup_intent(
    object_id: str, created: int, who: Json, metadata: Json, *, livemode: bool
) -> Json:
    """Write the setup intent behind a page where a card is left."""
    return {
        "id": object_id,
        "object": "setup_intent",
        "allowed_payment_method_types": None,
        "application": None,
        "automatic_payment_methods": None,
        "cancellation_reason": None,
        "client_secret": f"{object_id}_secret_sandboxsandboxsandbox01",
        "created": created,
        "customer": who["id"],
        "customer_account": None,
        "description": None,
        "excluded_payment_method_types": None,
        "flow_directions": None,
        "last_setup_error": None,
        "latest_attempt": None,
        "livemode": livemode,
        "managed_payments": None,
        "mandate": None,
        "metadata": metadata,
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "single_use_mandate": None,
        "status": "requires_payment_method",
        "usage": "off_session",
    }
