"""The cards a test may pay with, and which of them are refused."""

from sandbox.stripe import shapes
from sandbox.stripe.context import Context
from sandbox.stripe.errors import refused

TEST_METHODS = {
    "pm_card_visa": ("visa", "4242"),
    "pm_card_mastercard": ("mastercard", "4444"),
    "pm_card_authenticationRequired": ("visa", "3184"),
    "pm_card_visa_chargeDeclined": ("visa", "0002"),
    "pm_card_visa_chargeDeclinedInsufficientFunds": ("visa", "9995"),
    "pm_card_chargeDeclinedExpiredCard": ("visa", "0069"),
}
DECLINING = {
    "0002": ("card_declined", "generic_decline", "Your card was declined."),
    "9995": ("card_declined", "insufficient_funds", "Your card has insufficient funds."),
    "0069": ("expired_card", "expired_card", "Your card has expired."),
}
# Cards whose bank wants to hear from the holder at every payment.
AUTHENTICATING = frozenset({"3184"})
UNAUTHENTICATED = (
    "authentication_required",
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
)


def card(ctx: Context, method_id: str, owner: str | None) -> shapes.Method:
    """Read a test method, or a stored one; a customer cannot pay with somebody else's."""
    if method_id in TEST_METHODS:
        brand, last4 = TEST_METHODS[method_id]
        return shapes.Method(ctx.new_id("pm_1"), brand, last4, "US")
    found = method_of(ctx, method_id)
    holder = ctx.need("payment_method", method_id, param="payment_method")["customer"]
    if owner and holder != owner:
        raise refused(
            f"The customer does not have a payment method with the ID {method_id}. The payment"
            " method must be attached to the customer.",
            code="resource_missing",
            param="payment_method",
        )
    return found


def refusal(method: shapes.Method, *, is_present: bool) -> tuple[str, str, str] | None:
    """Why a card is refused: code, decline code, sentence; None if it pays.

    `is_present`: the customer is there to confirm.
    """
    if method.brand is None:
        return None
    if method.last4 in AUTHENTICATING and not is_present:
        return UNAUTHENTICATED
    return DECLINING.get(method.last4)


def method_of(ctx: Context, method_id: str) -> shapes.Method:
    """Read a stored payment method back."""
    body = ctx.need("payment_method", method_id, param="payment_method")
    card = body.get("card")
    if card is None:
        debit = body["sepa_debit"]
        return shapes.Method(method_id, None, debit["last4"], debit["country"])
    return shapes.Method(
        method_id,
        card["brand"],
        card["last4"],
        card["country"],
        card["exp_month"],
        card["exp_year"],
        card["fingerprint"],
        card["funding"],
    )
