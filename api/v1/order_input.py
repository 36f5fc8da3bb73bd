"""What a caller hands in with a gateway method: the body, and the two headers."""

import re
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from api.parameters import StrictInput
from api.v1.known import ConnectionInput
from chargedesk.actions.policy import REASONS
from chargedesk.base.errors import InvalidInputError
from chargedesk.kit.money import AmountError, CurrencyError, Money

LONGEST_KEY = 255
_KEY = re.compile(rf"^[\x21-\x7e]{{1,{LONGEST_KEY}}}$")
_VERSION = re.compile(r'^(?:W/)?"?([0-9]{1,18})"?$')


@extend_schema_field(OpenApiTypes.STR)
class AmountText(serializers.Field[str, Any, str, Any]):
    """An amount as text; a JSON number with a point is no exact amount."""

    default_error_messages = {
        "invalid": gettext_lazy("Write the amount as text, such as “10.50”."),
    }

    def to_internal_value(self, data: Any) -> str:
        """Text, or a whole JSON number."""
        if isinstance(data, bool) or not isinstance(data, str | int):
            self.fail("invalid")
        return str(data)

    def to_representation(self, value: str) -> str:
        """As it is."""
        return value


class VoidInput(ConnectionInput):
    """Why: `log_reason` is kept in the audit log."""

    log_reason = serializers.CharField(required=False, allow_blank=True, max_length=500)


class AmountInput(VoidInput):
    """How much; without `amount` all that is left."""

    amount = AmountText(required=False)
    currency = serializers.CharField(required=False, max_length=3, min_length=3)


class CancelInput(VoidInput):
    """When: now, or at the end of the paid period."""

    at_period_end = serializers.BooleanField(required=False, default=False)


class SoldInput(StrictInput):
    """What is subscribed to: a price by its id, or by what it costs and how often."""

    id = serializers.CharField(required=False, max_length=255)
    interval = serializers.ChoiceField(choices=("day", "week", "month", "year"), required=False)
    interval_count = serializers.IntegerField(required=False, min_value=1, max_value=366)
    quantity = serializers.IntegerField(required=False, min_value=1, max_value=999_999)
    trial_period_days = serializers.IntegerField(required=False, min_value=0, max_value=730)
    trial_end = serializers.CharField(
        required=False, help_text="Refused: give product[trial_period_days]."
    )
    billing_cycles_total = serializers.IntegerField(required=False, min_value=0, max_value=999)
    coupon = serializers.CharField(required=False, max_length=255)


class LineInput(StrictInput):
    """One thing that is asked for."""

    description = serializers.CharField(max_length=200)
    amount = AmountText(help_text="Of one.")
    quantity = serializers.IntegerField(required=False, min_value=1, max_value=999_999, default=1)


def parsed_sum(text: str, currency: str) -> Money:
    """An amount above zero in this currency. AmountError: `amount`."""
    amount = Money.parse(text, currency)
    if not amount:
        raise AmountError(_("The amount must be more than zero."), parameter="amount")
    return amount


def parsed_amount(values: dict[str, Any], currency: str) -> Money | None:
    """The amount in the charge's currency, None for all that is left.

    AmountError: `amount`; CurrencyError for another currency: `currency`.
    """
    given = values.get("currency", currency).upper()
    if given != currency:
        raise CurrencyError(
            _("This charge is in %(own)s; the amount is in %(given)s.")
            % {"own": currency, "given": given},
            parameter="currency",
        )
    if "amount" not in values:
        return None
    return parsed_sum(values["amount"], currency)


def reason_code(values: dict[str, Any]) -> str:
    """`log_reason` if it is one of our reason codes; it is kept in the caller's words anyway."""
    words = str(values.get("log_reason", ""))
    return words if words in REASONS else ""


def client_key(request: Request) -> str:
    """The caller's key for this one wish; empty without one. InvalidInputError."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return ""
    if not _KEY.fullmatch(key):
        raise InvalidInputError(
            _("Idempotency-Key is 1 to 255 characters without spaces."), parameter="Idempotency-Key"
        )
    return str(key)


def money_version(request: Request) -> int | None:
    """The version of the money the caller looked at (M14); None if it does not say."""
    given = request.headers.get("If-Match")
    if given is None:
        return None
    match = _VERSION.fullmatch(given.strip())
    if match is None:
        raise InvalidInputError(
            _("If-Match is the money_version of the charge."), parameter="If-Match"
        )
    return int(match[1])
