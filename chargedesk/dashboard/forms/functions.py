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
    "cancel_subscription": _("Cancel a subscription"),
    "look_up": _("Look a record up"),
}
HELPS = {
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
