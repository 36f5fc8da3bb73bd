"""The dialogs about a customer's own details: tax id and address, a link to change the card."""

from typing import Any

from babel import Locale
from django.utils.translation import gettext as _

from chargedesk.actions.details import ADDRESS, tax_ids_of
from chargedesk.ledger.models import GatewayCustomer
from chargedesk.sidebar import words
from chargedesk.sidebar.dialog.payments import chosen_method, payment_method_field, read_method
from chargedesk.sidebar.dialog.shape import Choice, Draft, Field, Form, Told
from chargedesk.sidebar.formats import babel_locale
from chargedesk.sidebar.orders import Problems
from gateways.capabilities import ActionKind

_LONGEST_TAX_ID = 40


def _tax(draft: Draft) -> Told:
    number = draft.typed("tax_id")
    known = ", ".join(each["value"] for each in tax_ids_of(draft.subject.seen.target))
    replaced = (
        _("The tax id %(old)s is replaced by %(new)s.") % {"old": known, "new": number}
        if number and known and number != known
        else ""
    )
    return Told(
        sentences=(
            _("Invoices from now on carry these details."),
            _("Invoices already issued stay as they are."),
            replaced,
        ),
        button=_("Save the details"),
    )


def _tax_fields(draft: Draft) -> tuple[Field, ...]:
    customer = _customer(draft)
    fields = [
        Field(name="name", label=_("Name"), value=draft.typed("name", customer.name)),
        _part(draft, "line1", _("Street and number")),
        _part(draft, "line2", _("Address, second line")),
        _part(draft, "postal_code", _("Postal code"), is_short=True),
        _part(draft, "city", _("City"), is_short=True),
        _part(draft, "state", _("State or province"), is_short=True),
        _country(draft),
    ]
    return (*fields, *_tax_id_fields(draft))


def _tax_id_fields(draft: Draft) -> tuple[Field, ...]:
    target = draft.subject.seen.target
    offered = target.adapter.capabilities.update_tax_details
    if offered is None or not offered.tax_id_types:
        return ()
    known = next(iter(tax_ids_of(target)), {"type": "", "value": ""})
    return (
        Field(
            name="tax_id_type",
            label=_("Kind of tax id"),
            kind="choice",
            value=draft.typed("tax_id_type", known["type"]),
            choices=(
                Choice("", _("None")),
                *(Choice(each, each.replace("_", " ").upper()) for each in offered.tax_id_types),
            ),
        ),
        Field(
            name="tax_id",
            label=_("Tax id"),
            value=draft.typed("tax_id", known["value"]),
            is_telling=True,
        ),
    )


def _part(draft: Draft, name: str, label: str, *, is_short: bool = False) -> Field:
    stored = str(_customer(draft).address.get(name) or "")
    return Field(name=name, label=label, value=draft.typed(name, stored), is_short=is_short)


def _country(draft: Draft) -> Field:
    customer = _customer(draft)
    names = _countries(babel_locale(draft.session.language))
    stored = str(customer.address.get("country") or customer.country or "")
    return Field(
        name="country",
        label=_("Country"),
        kind="choice",
        value=draft.typed("country", stored),
        choices=(Choice("", _("None")), *(Choice(code, text) for code, text in names)),
        is_short=True,
    )


def _countries(locale: Locale) -> list[tuple[str, str]]:
    """Two letters and a name; CLDR also knows regions and places that are no countries."""
    known = ((code, name) for code, name in locale.territories.items() if code.isalpha())
    return sorted(
        ((code, name) for code, name in known if len(code) == 2 and code not in _NO_COUNTRY),  # noqa: PLR2004
        key=lambda each: each[1],
    )


_NO_COUNTRY = {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ", "AC", "CP", "DG", "TA", "EA", "IC"}


def _tax_details(draft: Draft, problems: Problems) -> dict[str, Any]:
    target = draft.subject.seen.target
    known = next(iter(tax_ids_of(target)), {"type": "", "value": ""})
    kind, number = draft.typed("tax_id_type"), draft.typed("tax_id")
    if bool(kind) != bool(number):
        problems.by_field["tax_id"] = _("Kind and number of the tax id belong together.")
    if len(number) > _LONGEST_TAX_ID:
        problems.by_field["tax_id"] = _("At most %(most)s characters.") % {"most": _LONGEST_TAX_ID}
    is_same = (kind, number) == (known["type"], known["value"])
    return {
        "name": draft.typed("name"),
        "address": {part: draft.typed(part) for part in ADDRESS},
        # What is on file already is not deleted and made again.
        "tax_id_type": "" if is_same else kind,
        "tax_id": "" if is_same else number,
        "removes_tax_id": bool(known["value"]) and not number,
    }


def _card_link(_draft: Draft) -> Told:
    return Told(
        sentences=(
            _("You get a link to the gateway's own page, on which the customer changes the card."),
            _("Nothing is charged or sent by this; the link is yours to pass on."),
        ),
        button=_("Make a card update link"),
    )


def _use(draft: Draft) -> Told:
    method = chosen_method(draft)
    if method is None:
        return Told(sentences=(_("Choose what is paid with."),))
    values = {"method": words.stored_method(method)}
    return Told(
        sentences=(
            _("From now on %(method)s pays, for running subscriptions too.") % values,
            _("Nothing is charged by this."),
        ),
        button=_("Use %(method)s") % values,
    )


def _use_fields(draft: Draft) -> tuple[Field, ...]:
    return (payment_method_field(draft),)


def _use_details(draft: Draft, problems: Problems) -> dict[str, Any]:
    return {"payment_method": read_method(draft, problems)}


def _customer(draft: Draft) -> GatewayCustomer:
    customer = draft.subject.thing
    assert isinstance(customer, GatewayCustomer)  # noqa: S101  these actions are about customers
    return customer


FORMS = {
    ActionKind.UPDATE_TAX_DETAILS: Form(
        title=lambda: _("Name, address and tax id"),
        told=_tax,
        fields=_tax_fields,
        details=_tax_details,
        needs_reason=False,
    ),
    ActionKind.REQUEST_CARD_UPDATE: Form(
        title=lambda: _("Card update link"), told=_card_link, needs_reason=False
    ),
    ActionKind.USE_PAYMENT_METHOD: Form(
        title=lambda: _("Use another card"),
        told=_use,
        fields=_use_fields,
        details=_use_details,
        needs_reason=False,
    ),
}
