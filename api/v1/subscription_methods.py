"""What acts on a running subscription at the gateway, besides cancelling it."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.parameters import Nested, StrictInput, body_input
from api.schema import ordering
from api.v1 import known
from api.v1.gateway_methods import MoneyView, ordered_on_subscription
from api.v1.order_input import VoidInput
from api.v1.shapes import SUBSCRIPTION_ANSWER
from chargedesk.base.errors import InvalidInputError
from gateways.capabilities import ActionKind


class PlanInput(StrictInput):
    """One plan: a price of the gateway."""

    id = serializers.CharField(max_length=255)
    quantity = serializers.IntegerField(required=False, min_value=1, max_value=999_999)


class PlansInput(VoidInput):
    """The plan to change to, and how the difference for the running period is billed."""

    plans = PlanInput(many=True)
    item = serializers.CharField(
        required=False, max_length=255, help_text="Which line, where there are several."
    )
    trial_end = serializers.CharField(
        required=False, help_text="Refused: a running trial cannot be moved."
    )
    prorate = serializers.BooleanField(required=False, default=True)
    invoice = serializers.BooleanField(
        required=False, default=False, help_text="1 bills the difference at once."
    )


class CouponInput(VoidInput):
    """Which coupon, by the gateway's id."""

    coupon = serializers.CharField(max_length=255)


class DiscountInput(VoidInput):
    """Which discount goes; needed where there are several."""

    discount = serializers.CharField(required=False, max_length=255)


class SubscriptionMethodView(MoneyView):
    """A POST that orders one action on one subscription."""

    action: ClassVar[ActionKind]
    body: ClassVar[type[known.ConnectionInput]] = VoidInput

    def details(self, _values: Nested) -> Mapping[str, Any]:
        """The order's details in the caller's words."""
        return {}

    def order(self, request: Request, subscription_id: str) -> Response:
        """Read the body, order, answer with the subscription."""
        values = body_input(self.body, request)
        return ordered_on_subscription(
            request, subscription_id, self.action, values, details=self.details(values)
        )


class PlansView(SubscriptionMethodView):
    """POST /v1/gateway/subscriptions/{subscription_id}/plans."""

    action = ActionKind.CHANGE_SUBSCRIPTION
    body = PlansInput

    def details(self, values: Nested) -> Mapping[str, Any]:
        """One plan; several at once are several orders."""
        if "trial_end" in values:
            text = _("The end of a trial cannot be moved from here.")
            raise InvalidInputError(text, parameter="trial_end")
        plans = values["plans"]
        if len(plans) != 1:
            raise InvalidInputError(
                _("Name one plan; change one line at a time."), parameter="plans"
            )
        prorate = "none"
        if values["prorate"]:
            prorate = "now" if values["invoice"] else "next_invoice"
        wish: dict[str, Any] = {"price": plans[0]["id"], "prorate": prorate}
        wish |= {"quantity": plans[0]["quantity"]} if "quantity" in plans[0] else {}
        return wish | ({"item": values["item"]} if "item" in values else {})

    @ordering(
        "changeSubscription",
        "Change a subscription's plan",
        body=PlansInput,
        answer=SUBSCRIPTION_ANSWER,
    )
    def post(self, request: Request, subscription_id: str) -> Response:
        """Another price or quantity."""
        return self.order(request, subscription_id)


class PauseView(SubscriptionMethodView):
    """POST /v1/gateway/subscriptions/{subscription_id}/pause."""

    action = ActionKind.PAUSE_SUBSCRIPTION

    @ordering(
        "pauseSubscription", "Pause a subscription", body=VoidInput, answer=SUBSCRIPTION_ANSWER
    )
    def post(self, request: Request, subscription_id: str) -> Response:
        """Charge nothing until it is resumed."""
        return self.order(request, subscription_id)


class ResumeView(SubscriptionMethodView):
    """POST /v1/gateway/subscriptions/{subscription_id}/resume."""

    action = ActionKind.RESUME_SUBSCRIPTION

    @ordering(
        "resumeSubscription", "Resume a subscription", body=VoidInput, answer=SUBSCRIPTION_ANSWER
    )
    def post(self, request: Request, subscription_id: str) -> Response:
        """End a pause."""
        return self.order(request, subscription_id)


class CouponView(SubscriptionMethodView):
    """POST /v1/gateway/subscriptions/{subscription_id}/coupon."""

    action = ActionKind.APPLY_COUPON
    body = CouponInput

    def details(self, values: Nested) -> Mapping[str, Any]:
        """The coupon."""
        return {"coupon": values["coupon"]}

    @ordering("applyCoupon", "Apply a coupon", body=CouponInput, answer=SUBSCRIPTION_ANSWER)
    def post(self, request: Request, subscription_id: str) -> Response:
        """Give a discount from the next invoice on."""
        return self.order(request, subscription_id)


class RemoveCouponView(SubscriptionMethodView):
    """POST /v1/gateway/subscriptions/{subscription_id}/coupon/remove."""

    action = ActionKind.REMOVE_COUPON
    body = DiscountInput

    def details(self, values: Nested) -> Mapping[str, Any]:
        """The discount, where one is named."""
        return {"discount": values["discount"]} if "discount" in values else {}

    @ordering("removeCoupon", "Remove a coupon", body=DiscountInput, answer=SUBSCRIPTION_ANSWER)
    def post(self, request: Request, subscription_id: str) -> Response:
        """Take a discount away from the next invoice on."""
        return self.order(request, subscription_id)
