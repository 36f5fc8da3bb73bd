"""Braintree's refusals: bare statuses, and 422 with numbered validation errors."""

from dataclasses import dataclass

from sandbox.wire import Json

BAD_REQUEST, UNAUTHORIZED, FORBIDDEN, NOT_FOUND = 400, 401, 403, 404
INVALID, TOO_MANY, BROKEN = 422, 429, 500
OK_STATUSES = frozenset({200, 201})

MESSAGES = {
    "81503": "Amount is an invalid format.",
    "81905": "Subscription has already been canceled.",
    "81906": "ID has already been taken.",
    "91904": "Plan ID is invalid.",
    "91923": "Merchant account does not take the plan's currency.",
    "91501": "Order ID is too long.",
    "91504": "Transaction can only be voided if status is authorized, submitted_for_settlement,"
    " or - for PayPal - settlement_pending.",
    "91505": "Cannot refund a credit transaction.",
    "91506": "Cannot refund transaction unless it is settled.",
    "91507": "Cannot submit for settlement unless status is authorized.",
    "91512": "Transaction has already been fully refunded.",
    "91513": "Merchant account ID is invalid.",
    "91516": "Cannot provide both payment_method_token and customer_id unless the payment_method"
    " belongs to the customer.",
    "91518": "Payment method token is invalid.",
    "91521": "Refund amount is too large.",
    "91522": "Settlement amount is too large.",
    "915200": "Refund was declined by the processor (hard decline).",
    "915230": "API request key is too long.",
    "915231": "API request key is not allowed.",
    "915232": "API request key can be reused only with the same request.",
    "915233": "API request key is in flight.",
    "915234": "API request key was used with a failed request.",
    "915235": "API request key met a server error.",
}


@dataclass
class BraintreeError(Exception):
    """A refusal: a bare `status`, or with a `code` a 422 about `on` of the object `of`."""

    status: int = INVALID
    code: str = ""
    on: str = "base"
    of: str = "transaction"
    transaction: Json | None = None

    def body(self) -> Json:
        """The content of `api_error_response`."""
        error = {"attribute": self.on, "code": self.code, "message": MESSAGES[self.code]}
        said: Json = {
            "errors": {"errors": [], self.of: {"errors": [error]}},
            "params": {},
            "message": MESSAGES[self.code],
        }
        return said | ({"transaction": self.transaction} if self.transaction else {})
