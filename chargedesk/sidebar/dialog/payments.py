"""The dialogs that ask a customer for money: charge, authorize, request a payment."""

from typing import Any

from django.utils.translation import gettext as _

from chargedesk.actions.details import payment_methods
from chargedesk.ledger.models import PaymentMethod
from chargedesk.sidebar import words
from chargedesk.sidebar.dialog.shape import Choice, Draft, Field, Form, Told
from chargedesk.sidebar.orders import Problems
from gateways.capabilities import ActionKind

_LONGEST_DESCRIPTION = 200


def payment_method_field(draft: Draft) -> Field:
    """Which card or account on file pays; the default one comes first."""
    target = draft.subject.seen.target
    found = payment_methods(target)
    return Field(
        name="payment_method",
        label=_("Paid with"),
        kind="choice",
        value=draft.typed("payment_method") or (found[0].external_id if found else ""),
        choices=tuple(Choice(each.external_id, words.stored_method_until(each)) for each in found)
        or _unnamed(draft),
        is_telling=True,
    )


def _unnamed(draft: Draft) -> tuple[Choice, ...]:
    """Where the tenant's own system acts, it may know a card that this gateway does not show."""
    is_free = not draft.subject.seen.target.chooses_card
    return (Choice("", _("What your own system has on file")),) if is_free else ()


def paid_with(draft: Draft) -> str:
    """What is paid with, in words; empty as long as nothing is chosen."""
    method = chosen_method(draft)
    if method is not None:
        return words.stored_method(method)
    is_free = not payment_methods(draft.subject.seen.target) and _unnamed(draft)
    return _("what your own system has on file") if is_free else ""


def chosen_method(draft: Draft) -> PaymentMethod | None:
    """The card or account on file that was chosen, the default one at first."""
    found = payment_methods(draft.subject.seen.target)
    wanted = draft.typed("payment_method")
    chosen = (each for each in found if each.external_id == wanted)
    return next(chosen, found[0] if found and not wanted else None)


def read_method(draft: Draft, problems: Problems) -> str:
    """The chosen card or account, strictly."""
    chosen = chosen_method(draft)
    if chosen is None and paid_with(draft):
        return ""
    if chosen is None:
        problems.by_field["payment_method"] = _("Choose what is paid with.")
        return ""
    return str(chosen.external_id)


def _charge(draft: Draft) -> Told:
    method = paid_with(draft)
    if draft.amount is None or not method:
        return Told(sentences=(_("Type an amount to see what happens."),))
    values = {"amount": draft.money(draft.amount), "method": method}
    return Told(
        sentences=(
            _("%(amount)s is taken from %(method)s at once.") % values,
            _(
                "The customer is not present. If the bank wants to ask them, nothing is taken; "
                "send a payment request then."
            ),
        ),
        button=_("Charge %(amount)s") % values,
    )


def _authorize(draft: Draft) -> Told:
    method = paid_with(draft)
    if draft.amount is None or not method:
        return Told(sentences=(_("Type an amount to see what happens."),))
    values = {"amount": draft.money(draft.amount), "method": method}
    return Told(
        sentences=(
            _("%(amount)s is held on %(method)s. Nothing is charged until it is captured.")
            % values,
            _("A hold that is not captured vanishes, usually after 7 days."),
        ),
        button=_("Authorize %(amount)s") % values,
    )


def _request(draft: Draft) -> Told:
    if draft.amount is None:
        return Told(sentences=(_("Type an amount to see what happens."),))
    values = {"amount": draft.money(draft.amount)}
    return Told(
        sentences=(
            _("You get a link on which the customer pays %(amount)s.") % values,
            _("Nothing is charged or sent by this; the link is yours to pass on."),
        ),
        button=_("Make a link for %(amount)s") % values,
    )


def _description_field(draft: Draft) -> Field:
    return Field(
        name="description",
        label=_("What for"),
        value=draft.typed("description"),
        help=_("The customer sees it on the receipt."),
    )


def _card_fields(draft: Draft) -> tuple[Field, ...]:
    return payment_method_field(draft), _description_field(draft)


def _request_fields(draft: Draft) -> tuple[Field, ...]:
    return (_description_field(draft),)


def _card_details(draft: Draft, problems: Problems) -> dict[str, Any]:
    return {
        "payment_method": read_method(draft, problems),
        **_request_details(draft, problems),
    }


def _request_details(draft: Draft, problems: Problems) -> dict[str, Any]:
    text = draft.typed("description")
    if not text:
        problems.by_field["description"] = _("Say what the payment is for.")
    if len(text) > _LONGEST_DESCRIPTION:
        most = {"most": _LONGEST_DESCRIPTION}
        problems.by_field["description"] = _("At most %(most)s characters.") % most
    return {"description": text}


FORMS = {
    ActionKind.CHARGE: Form(
        title=lambda: _("Charge a card on file"),
        told=_charge,
        fields=_card_fields,
        details=_card_details,
        has_amount=True,
        needs_reason=False,
    ),
    ActionKind.AUTHORIZE: Form(
        title=lambda: _("Authorize an amount"),
        told=_authorize,
        fields=_card_fields,
        details=_card_details,
        has_amount=True,
        needs_reason=False,
    ),
    ActionKind.REQUEST_PAYMENT: Form(
        title=lambda: _("Request a payment"),
        told=_request,
        fields=_request_fields,
        details=_request_details,
        has_amount=True,
        needs_reason=False,
    ),
}
