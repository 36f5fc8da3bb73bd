"""Why an order was not accepted. Once an intent exists, its state tells instead."""

from typing import Any
from uuid import UUID

from chargedesk.kit.errors import ChargeDeskError


class ActionDeniedError(ChargeDeskError):
    """The policy says no; nothing was written or sent. `reason` is the policy's code."""

    code = "action_denied"

    def __init__(self, message: str, *, reason: str, parameter: str | None = None) -> None:
        super().__init__(message, parameter=parameter)
        self.reason = reason


class MoneyChangedError(ChargeDeskError):
    """The money facts differ from what the preview showed (M14). `difference` names them."""

    code = "money_changed"

    def __init__(self, message: str, *, difference: dict[str, Any]) -> None:
        super().__init__(message)
        self.difference = difference


class KeyMisuseError(ChargeDeskError):
    """The client key was used for another wish: that of the order `intent_id`."""

    code = "idempotency_key_reused"

    def __init__(self, message: str, *, intent_id: UUID) -> None:
        super().__init__(message)
        self.intent_id = intent_id


class RecordKeyMisuseError(ChargeDeskError):
    """The client key was used to tell something else."""

    code = "idempotency_key_reused"


class NoSuchObjectError(ChargeDeskError):
    """Unknown id, or another tenant's: the answer is the same."""

    code = "not_found"


class IntentClosedError(ChargeDeskError):
    """The order is past the point where this could be done to it."""

    code = "intent_closed"
