"""Freezes an order into the exact call Braintree will get (M1)."""

from braintree.util.validation import is_invalid_path_segment

from chargedesk.kit.money import Money
from gateways.braintree.client import Method
from gateways.braintree.mapping.amounts import braintree_amount
from gateways.braintree.mapping.values import MARKER, SALE_MARKER, SUBSCRIPTION_MARKER
from gateways.capabilities import ActionKind
from gateways.contract import FrozenStep, Order
from gateways.errors import InvalidOrderError, UnsupportedError

# Braintree keeps no reason with a refund; ours stays with the order.
REFUND_REASONS = dict.fromkeys(
    (
        "duplicate",
        "requested_by_customer",
        "not_as_described",
        "service_problem",
        "goodwill",
        "fraud",
        "other",
    ),
    "",
)


def freeze(order: Order) -> tuple[FrozenStep, ...]:
    """One call per order.

    InvalidOrderError where a part is missing, UnsupportedError where Braintree has no such call.
    """
    if order.action not in _FREEZERS:
        raise UnsupportedError(f"{order.action} is not offered for Braintree.")
    if order.reason and order.reason not in REFUND_REASONS:
        raise InvalidOrderError(f"There is no reason “{order.reason}”.", parameter="reason")
    if is_invalid_path_segment(order.target_id):
        raise InvalidOrderError("This order names no object.", parameter="target_id")
    return (_FREEZERS[order.action](order),)


def marker(order: Order) -> str:
    """What stands in `order_id` of a refund of ours."""
    return f"{MARKER}{order.intent_id}"


def sale_marker(order: Order) -> str:
    """What stands in `order_id` of a sale of ours."""
    return f"{SALE_MARKER}{order.intent_id}"


def _charge(order: Order) -> FrozenStep:
    return _sale(order, "sale", is_taken=True)


def _authorize(order: Order) -> FrozenStep:
    return _sale(order, "authorize", is_taken=False)


def _sale(order: Order, name: str, *, is_taken: bool) -> FrozenStep:
    """By the card named, which must be this customer's.

    The merchant account fixes the currency, and only the account's own list tells which one takes
    the order's: it is put in before the first try (`actions.complete`).
    """
    if order.target_id.startswith("guest:"):
        raise InvalidOrderError("Braintree keeps no card of a guest.", parameter="target_id")
    token = order.details.get("payment_method")
    if not isinstance(token, str) or is_invalid_path_segment(token):
        raise InvalidOrderError("This order names no card.", parameter="payment_method")
    body: dict[str, object] = {
        "type": "sale",
        "amount": braintree_amount(_positive(order)),
        "customer_id": order.target_id,
        "payment_method_token": token,
        "order_id": sale_marker(order),
        "options": {"submit_for_settlement": is_taken},
    }
    step = FrozenStep(name=name, method=Method.POST.name, path="/transactions", body={})
    body["api_request_key"] = step.key(order.intent_id)
    return FrozenStep(name=name, method=step.method, path=step.path, body={"transaction": body})


def subscription_id(order: Order) -> str:
    """The id of a subscription of ours: an id of the caller's choice is never given twice.

    Up to 36 letters and digits are taken, so the intent's is written without hyphens.
    """
    return f"{SUBSCRIPTION_MARKER}{order.intent_id.hex}"


def _create_subscription(order: Order) -> FrozenStep:
    """At the price that was shown, without what the plan would add to it."""
    details = order.details
    token, plan, minor = (details.get(each) for each in ("payment_method", "price", "unit_minor"))
    if not isinstance(token, str) or is_invalid_path_segment(token):
        raise InvalidOrderError("This order names no card.", parameter="payment_method")
    if not isinstance(plan, str) or not plan or not isinstance(minor, int) or minor < 0:
        raise InvalidOrderError("This order names no plan with a price.", parameter="price")
    if details.get("quantity", 1) != 1 or details.get("coupon"):
        raise InvalidOrderError("Braintree starts one of a plan, without a coupon.")
    trial = details.get("trial_days") or 0
    starts: dict[str, object] = (
        {"trial_period": True, "trial_duration": trial, "trial_duration_unit": "day"}
        if trial
        else {"trial_period": False}
    )
    body: dict[str, object] = {
        "id": subscription_id(order),
        "plan_id": plan,
        "payment_method_token": token,
        "price": braintree_amount(Money.of(minor, str(details.get("currency")))),
        **starts,
        "options": {"do_not_inherit_add_ons_or_discounts": True, "start_immediately": not trial},
    }
    return FrozenStep(
        name="create_subscription",
        method=Method.POST.name,
        path="/subscriptions",
        body={"subscription": body},
    )


def _refund(order: Order) -> FrozenStep:
    # A refund without an order id would inherit the sale's.
    body: dict[str, object] = {
        "amount": braintree_amount(_positive(order)),
        "order_id": marker(order),
    }
    return _transaction_step(order, "refund", Method.POST, body)


def _capture(order: Order) -> FrozenStep:
    # An order id here would replace the shop's own on the sale, so it carries no marker.
    body: dict[str, object] = {"amount": braintree_amount(_positive(order))}
    return _transaction_step(order, "submit_for_settlement", Method.PUT, body)


def _void(order: Order) -> FrozenStep:
    _positive(order)
    return _transaction_step(order, "void", Method.PUT, {})


def _transaction_step(
    order: Order, name: str, method: Method, body: dict[str, object]
) -> FrozenStep:
    step = FrozenStep(
        name=name, method=method.name, path=f"/transactions/{order.target_id}/{name}", body={}
    )
    body["api_request_key"] = step.key(order.intent_id)
    return FrozenStep(name=name, method=method.name, path=step.path, body={"transaction": body})


def _cancel_subscription(order: Order) -> FrozenStep:
    if order.at_period_end:
        raise UnsupportedError("Braintree ends subscriptions at once only.")
    path = f"/subscriptions/{order.target_id}/cancel"
    return FrozenStep(name="cancel", method=Method.PUT.name, path=path, body={})


_FREEZERS = {
    ActionKind.REFUND: _refund,
    ActionKind.CAPTURE: _capture,
    ActionKind.VOID: _void,
    ActionKind.CHARGE: _charge,
    ActionKind.AUTHORIZE: _authorize,
    ActionKind.CREATE_SUBSCRIPTION: _create_subscription,
    ActionKind.CANCEL_SUBSCRIPTION: _cancel_subscription,
}


def _positive(order: Order) -> Money:
    if order.money is None or order.money.minor <= 0:
        raise InvalidOrderError("This order needs an amount above zero.", parameter="amount")
    return order.money
