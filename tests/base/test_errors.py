"""Which status each of our errors leaves with."""

import pytest

from chargedesk.actions.errors import (
    ActionDeniedError,
    IntentClosedError,
    KeyMisuseError,
    MoneyChangedError,
    NoSuchObjectError,
    RecordKeyMisuseError,
)
from chargedesk.base.errors import handle_api_error
from chargedesk.kit import ids
from chargedesk.kit.errors import ChargeDeskError
from chargedesk.kit.money import AmountError
from gateways.errors import (
    DeclinedError,
    DeclineReason,
    OutcomeUnknownError,
    RateLimitedError,
    UnavailableError,
)
from gateways.errors import NotFoundError as GatewayNotFoundError


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (AmountError("No.", parameter="amount"), 400, "amount_invalid"),
        (ActionDeniedError("No.", reason="disputed"), 400, "disputed"),
        (DeclinedError("No.", reason=DeclineReason.CARD_DECLINED), 400, "card_declined"),
        (NoSuchObjectError("No."), 404, "not_found"),
        (GatewayNotFoundError("No."), 404, "gateway_object_not_found"),
        (KeyMisuseError("No.", intent_id=ids.new_id()), 409, "idempotency_key_reused"),
        (RecordKeyMisuseError("No."), 409, "idempotency_key_reused"),
        (IntentClosedError("No."), 409, "intent_closed"),
        (MoneyChangedError("No.", difference={"money_version": 2}), 412, "money_changed"),
        (RateLimitedError("No.", retry_after=7.2), 429, "rate_limited"),
        (UnavailableError("No."), 503, "gateway_unavailable"),
        (OutcomeUnknownError("No."), 503, "outcome_unknown"),
    ],
)
def test_our_errors_have_their_status(error: ChargeDeskError, status: int, code: str) -> None:
    answer = handle_api_error(error, {})
    assert answer.status_code == status
    body = answer.data["error"]
    assert (body["code"], body["message"]) == (code, "No.")
    assert body.get("incorrect_parameter") == error.parameter


def test_slow_down_says_for_how_long() -> None:
    answer = handle_api_error(RateLimitedError("No.", retry_after=7.2), {})
    assert answer.headers["Retry-After"] == "8"


def test_what_changed_is_told() -> None:
    answer = handle_api_error(MoneyChangedError("No.", difference={"money_version": 2}), {})
    assert answer.data["error"]["fields"] == {"money_version": 2}
