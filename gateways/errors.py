"""The closed list of errors an adapter may raise; each says what the caller may do next."""

from enum import StrEnum
from typing import Any

from chargedesk.kit.errors import ChargeDeskError


class GatewayError(ChargeDeskError):
    """Base of the closed list.

    `provider_code` and `provider_message` are shown folded, never decided upon. `request_id` is
    the provider's id for the request, for support. `is_replay`: the provider repeated its stored
    answer to an earlier request with the same key, which proves what became of that one (M4).
    """

    code = "gateway_error"

    def __init__(
        self,
        message: str,
        *,
        parameter: str | None = None,
        provider_code: str = "",
        provider_message: str = "",
        request_id: str = "",
        is_replay: bool = False,
    ) -> None:
        super().__init__(message, parameter=parameter)
        self.provider_code = provider_code
        self.provider_message = provider_message
        self.request_id = request_id
        self.is_replay = is_replay


class DeclineReason(StrEnum):
    """Why a provider said no, in our words."""

    AMOUNT_TOO_LARGE = "amount_too_large"
    AMOUNT_TOO_SMALL = "amount_too_small"
    CARD_DECLINED = "card_declined"
    DISPUTED = "disputed"
    EXPIRED = "expired"
    INSUFFICIENT_BALANCE = "insufficient_balance"
    NEEDS_CUSTOMER = "needs_customer"
    NOT_PERMITTED = "not_permitted"
    OTHER = "other"


class DeclinedError(GatewayError):
    """The provider said no, finally. Next: tell the support agent, in plain words."""

    code = "declined"

    def __init__(self, message: str, *, reason: DeclineReason, **details: Any) -> None:
        super().__init__(message, **details)
        self.reason = reason


class InvalidOrderError(GatewayError):
    """The order is impossible: stale data or our bug. Next: resync, show."""

    code = "invalid_order"


class NotFoundError(GatewayError):
    """There is no such object in this account. Next: resync, show."""

    code = "gateway_object_not_found"


class AlreadyDoneError(GatewayError):
    """The provider says it is already so, which settles nothing. Next: read back (M6)."""

    code = "already_done"


class UnsupportedError(GatewayError):
    """Outside the declared capability. It should have been hidden: our bug."""

    code = "unsupported"


class CredentialsError(GatewayError):
    """Keys revoked or lacking a right. Next: pause the connection, ask to reconnect.

    `missing` names the permission where the provider does.
    """

    code = "credentials"

    def __init__(self, message: str, *, missing: str = "", **details: Any) -> None:
        super().__init__(message, **details)
        self.missing = missing


class RateLimitedError(GatewayError):
    """Slow down. `retry_after`: seconds to wait, at least. The request was not executed."""

    code = "rate_limited"

    def __init__(self, message: str, *, retry_after: float, **details: Any) -> None:
        super().__init__(message, **details)
        self.retry_after = retry_after


class UnavailableError(GatewayError):
    """No byte of the request left: surely not executed. Next: retry with the same key."""

    code = "gateway_unavailable"


class OutcomeUnknownError(GatewayError):
    """Sent, and no answer that proves anything. Next: look it up, never retry blindly (M4).

    `is_refusal`: the provider itself said no, and will do no more; but somebody behind it, such as
    the payment gateway of a shop, may have moved the money and failed to tell it.
    """

    code = "outcome_unknown"

    def __init__(self, message: str, *, is_refusal: bool = False, **details: Any) -> None:
        super().__init__(message, **details)
        self.is_refusal = is_refusal


class SignatureError(GatewayError):
    """The webhook is not trusted. Next: answer 400."""

    code = "signature_invalid"


class PayloadError(GatewayError):
    """The provider's payload is not readable. Next: answer 400, keep the record."""

    code = "payload_invalid"
