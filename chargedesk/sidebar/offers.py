"""What is offered on the card about each kind of thing, in the order of its buttons."""

from gateways.capabilities import ActionKind

ON_CHARGES = (ActionKind.REFUND, ActionKind.CAPTURE, ActionKind.VOID)
ON_CUSTOMERS = (
    ActionKind.CHARGE,
    ActionKind.AUTHORIZE,
    ActionKind.REQUEST_PAYMENT,
    ActionKind.CREATE_SUBSCRIPTION,
    ActionKind.REQUEST_CARD_UPDATE,
    ActionKind.USE_PAYMENT_METHOD,
    ActionKind.UPDATE_TAX_DETAILS,
)
ON_SUBSCRIPTIONS = (
    ActionKind.CHANGE_SUBSCRIPTION,
    ActionKind.PAUSE_SUBSCRIPTION,
    ActionKind.RESUME_SUBSCRIPTION,
    ActionKind.APPLY_COUPON,
    ActionKind.REMOVE_COUPON,
    ActionKind.CANCEL_SUBSCRIPTION,
)
ON_INVOICES = (ActionKind.SEND_INVOICE, ActionKind.VOID_INVOICE)
