"""What an order is called while it is sent, when it is done, and in the reply to the customer."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from gateways.capabilities import ActionKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The words of one action; each is asked for in the language that is active then.

    `%(amount)s`, `%(method)s`, `%(url)s` stand for what the order has; `reply` follows a greeting.
    """

    scheduled: Callable[[], str]
    sending: Callable[[], str]
    done: Callable[[], str]
    pending: Callable[[], str]
    reply: Callable[[], str]


SAID = {
    ActionKind.REFUND: Said(
        scheduled=lambda: _("Refund of %(amount)s is about to be sent"),
        sending=lambda: _("Sending the refund of %(amount)s"),
        done=lambda: _("%(amount)s refunded"),
        pending=lambda: _("Refund of %(amount)s accepted, on its way"),
        reply=lambda: _(
            "we have refunded %(amount)s to your %(method)s. Your bank usually shows it within 5 "
            "to 10 business days."
        ),
    ),
    ActionKind.CAPTURE: Said(
        scheduled=lambda: _("Capture of %(amount)s is about to be sent"),
        sending=lambda: _("Capturing %(amount)s"),
        done=lambda: _("%(amount)s captured"),
        pending=lambda: _("Capture of %(amount)s accepted, on its way"),
        reply=lambda: _("we have collected %(amount)s from your %(method)s."),
    ),
    ActionKind.VOID: Said(
        scheduled=lambda: _("Release of %(amount)s is about to be sent"),
        sending=lambda: _("Releasing %(amount)s"),
        done=lambda: _("Hold of %(amount)s released"),
        pending=lambda: _("Release of %(amount)s accepted, on its way"),
        reply=lambda: _(
            "we have released the amount of %(amount)s that was held on your %(method)s. Nothing "
            "was charged."
        ),
    ),
    ActionKind.CHARGE: Said(
        scheduled=lambda: _("Charge of %(amount)s is about to be sent"),
        sending=lambda: _("Charging %(amount)s"),
        done=lambda: _("%(amount)s charged"),
        pending=lambda: _("Charge of %(amount)s accepted, on its way"),
        reply=lambda: _("as agreed, we have charged %(amount)s to your %(method)s."),
    ),
    ActionKind.AUTHORIZE: Said(
        scheduled=lambda: _("Authorization of %(amount)s is about to be sent"),
        sending=lambda: _("Authorizing %(amount)s"),
        done=lambda: _("%(amount)s authorized"),
        pending=lambda: _("Authorization of %(amount)s accepted, on its way"),
        reply=lambda: _(
            "we have reserved %(amount)s on your %(method)s. Nothing is charged for now."
        ),
    ),
    ActionKind.REQUEST_PAYMENT: Said(
        scheduled=lambda: _("The link for %(amount)s is about to be made"),
        sending=lambda: _("Making the link for %(amount)s"),
        done=lambda: _("Link for %(amount)s is ready"),
        pending=lambda: _("The link for %(amount)s is on its way"),
        reply=lambda: _("please pay %(amount)s on this page: %(url)s"),
    ),
    ActionKind.CREATE_SUBSCRIPTION: Said(
        scheduled=lambda: _("The new subscription is about to be sent"),
        sending=lambda: _("Starting the subscription"),
        done=lambda: _("Subscription started"),
        pending=lambda: _("The new subscription waits for its first payment"),
        reply=lambda: _("your subscription has started."),
    ),
    ActionKind.CHANGE_SUBSCRIPTION: Said(
        scheduled=lambda: _("The change is about to be sent"),
        sending=lambda: _("Changing the subscription"),
        done=lambda: _("Subscription changed"),
        pending=lambda: _("The change is accepted, on its way"),
        reply=lambda: _("we have changed your subscription as you asked."),
    ),
    ActionKind.PAUSE_SUBSCRIPTION: Said(
        scheduled=lambda: _("The pause is about to be sent"),
        sending=lambda: _("Pausing the subscription"),
        done=lambda: _("Subscription paused"),
        pending=lambda: _("The pause is accepted, on its way"),
        reply=lambda: _(
            "we have paused your subscription. Nothing is charged until it is resumed."
        ),
    ),
    ActionKind.RESUME_SUBSCRIPTION: Said(
        scheduled=lambda: _("The end of the pause is about to be sent"),
        sending=lambda: _("Resuming the subscription"),
        done=lambda: _("Subscription resumed"),
        pending=lambda: _("The end of the pause is accepted, on its way"),
        reply=lambda: _("your subscription runs again."),
    ),
    ActionKind.CANCEL_SUBSCRIPTION: Said(
        scheduled=lambda: _("The cancellation is about to be sent"),
        sending=lambda: _("Cancelling the subscription"),
        done=lambda: _("Subscription cancelled"),
        pending=lambda: _("Cancellation accepted, on its way"),
        reply=lambda: _(
            "we have cancelled your subscription. It has ended, and nothing more will be charged."
        ),
    ),
    ActionKind.APPLY_COUPON: Said(
        scheduled=lambda: _("The coupon is about to be applied"),
        sending=lambda: _("Applying the coupon"),
        done=lambda: _("Coupon applied"),
        pending=lambda: _("The coupon is accepted, on its way"),
        reply=lambda: _(
            "we have added a discount to your subscription; it counts from the next invoice on."
        ),
    ),
    ActionKind.REMOVE_COUPON: Said(
        scheduled=lambda: _("The coupon is about to be removed"),
        sending=lambda: _("Removing the coupon"),
        done=lambda: _("Coupon removed"),
        pending=lambda: _("The removal is accepted, on its way"),
        reply=lambda: _(
            "the discount on your subscription has ended; the full price counts from the next "
            "invoice on."
        ),
    ),
    ActionKind.SEND_INVOICE: Said(
        scheduled=lambda: _("The invoice is about to be sent"),
        sending=lambda: _("Sending the invoice"),
        done=lambda: _("Invoice sent"),
        pending=lambda: _("The invoice is on its way"),
        reply=lambda: _("we have sent you the invoice again."),
    ),
    ActionKind.VOID_INVOICE: Said(
        scheduled=lambda: _("The invoice is about to be voided"),
        sending=lambda: _("Voiding the invoice"),
        done=lambda: _("Invoice voided"),
        pending=lambda: _("The voiding is accepted, on its way"),
        reply=lambda: _("we have voided the open invoice. You no longer owe it."),
    ),
    ActionKind.UPDATE_TAX_DETAILS: Said(
        scheduled=lambda: _("The details are about to be saved"),
        sending=lambda: _("Saving the details"),
        done=lambda: _("Details saved"),
        pending=lambda: _("The details are accepted, on their way"),
        reply=lambda: _("we have corrected your details. They appear on your next invoice."),
    ),
    ActionKind.REQUEST_CARD_UPDATE: Said(
        scheduled=lambda: _("The card update link is about to be made"),
        sending=lambda: _("Making the card update link"),
        done=lambda: _("Card update link is ready"),
        pending=lambda: _("The card update link is on its way"),
        reply=lambda: _("you can change your card on this page: %(url)s"),
    ),
    ActionKind.USE_PAYMENT_METHOD: Said(
        scheduled=lambda: _("The change of the card is about to be sent"),
        sending=lambda: _("Changing the card"),
        done=lambda: _("Card changed"),
        pending=lambda: _("The change of the card is accepted, on its way"),
        reply=lambda: _("from now on your payments are taken from your %(method)s."),
    ),
}
