"""One address per action that the tenant's own system carries out."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from chargedesk.tenants.models import Connection
from chargedesk.tenants.services import function_names
from gateways.functions import LONGEST_URL

LABELS = {
    "refund": _("Refund a charge"),
    "capture": _("Capture an authorization"),
    "void": _("Void an authorization"),
    "charge": _("Charge a customer"),
    "authorize": _("Authorize an amount"),
    "request_payment": _("Request a payment"),
    "create_subscription": _("Start a subscription"),
    "change_subscription": _("Change a subscription"),
    "pause_subscription": _("Pause a subscription"),
    "resume_subscription": _("Resume a subscription"),
    "cancel_subscription": _("Cancel a subscription"),
    "apply_coupon": _("Apply a coupon"),
    "remove_coupon": _("Remove a coupon"),
    "send_invoice": _("Send an invoice"),
    "void_invoice": _("Void an invoice"),
    "update_tax_details": _("Correct tax details"),
    "request_card_update": _("Ask for another card"),
    "use_payment_method": _("Use another card on file"),
    "look_up": _("Look a record up"),
}
HELPS = {
    "request_payment": _("Answers with the url of a page on which the customer pays."),
    "request_card_update": _("Answers with the url of a page for another card."),
    "look_up": _(
        "Not an action: we ask it before money moves and when an answer was lost. Without it, what "
        "you tell us is all we know."
    ),
}


class FunctionsForm(forms.Form):
    """The addresses of one connection; an empty one is not offered."""

    def __init__(self, *args: Any, connection: Connection, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in function_names(connection.provider):
            self.fields[name] = forms.CharField(
                label=LABELS.get(name, name.replace("_", " ").capitalize()),
                help_text=HELPS.get(name, ""),
                required=False,
                max_length=LONGEST_URL,
                initial=connection.functions.get(name, ""),
                widget=forms.URLInput(
                    attrs={"spellcheck": "false", "placeholder": "https://", "inputmode": "url"}
                ),
            )

    @property
    def urls(self) -> dict[str, str]:
        """What a valid form holds, by function."""
        return {name: self.cleaned_data[name] for name in self.fields}
