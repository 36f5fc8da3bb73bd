"""The connect form: its fields follow from the adapter's declaration."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from gateways.contract import GatewayAdapter, GrantsKeys, SettingsField

LONGEST_VALUE = 500
# Keys in local settings may open the simulator; the address never comes from the browser.
SIMULATOR = "simulator"


class GatewayForm(forms.Form):
    """The values of one gateway's settings fields. A secret is never sent back to the browser."""

    def __init__(self, *args: Any, adapter: GatewayAdapter, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.adapter = adapter
        for declared in adapter.settings_fields:
            self.fields[declared.name] = _field(declared)

    @property
    def values(self) -> dict[str, str]:
        """What a valid form holds, by settings field."""
        return {each.name: self.cleaned_data[each.name] for each in self.adapter.settings_fields}


class ConnectForm(GatewayForm):
    """A new connection."""

    label = forms.CharField(
        label=_("Name of the connection"),
        max_length=80,
        required=False,
        help_text=_("Such as “Shop EU”. Left empty, it takes the account's name."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if has_simulator():
            self.fields[SIMULATOR] = forms.BooleanField(
                label=_("Use the gateway simulator on this machine"),
                required=False,
                help_text=_("For trying things out. It moves no money and accepts no live key."),
            )
        self.order_fields([each.name for each in self.adapter.settings_fields])

    @property
    def api_base(self) -> str:
        """The simulator's address if it was chosen."""
        if not self.cleaned_data.get(SIMULATOR):
            return ""
        return f"{settings.SANDBOX_URL}/{self.adapter.name}"


class GrantForm(ConnectForm):
    """What is asked before a person approves on the gateway's own page."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        adapter: object = self.adapter
        wanted = adapter.grant_fields if isinstance(adapter, GrantsKeys) else ()
        for declared in self.adapter.settings_fields:
            if declared.name not in wanted:
                del self.fields[declared.name]

    @property
    def values(self) -> dict[str, str]:
        """What is known before the approval."""
        names = [each.name for each in self.adapter.settings_fields]
        return {name: self.cleaned_data[name] for name in names if name in self.cleaned_data}


class WebhookSecretForm(forms.Form):
    """A webhook secret that was made in the gateway's own dashboard."""

    secret = forms.CharField(
        label=_("Signing secret"),
        max_length=LONGEST_VALUE,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("The gateway shows it after you added the address."),
    )


class RemoveForm(forms.Form):
    """Typed confirmation: the connection's name."""

    typed = forms.CharField(
        max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"}), strip=True
    )
    reason = forms.CharField(label=_("Reason"), max_length=300, required=False)

    def __init__(self, *args: Any, expected: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = expected
        self.fields["typed"].label = _("Type “%(name)s” to confirm") % {"name": expected}

    def clean_typed(self) -> str:
        """Refuse anything but the name."""
        typed = str(self.cleaned_data["typed"])
        if typed != self.expected:
            raise forms.ValidationError(_("This is not the connection's name."))
        return typed


def has_simulator() -> bool:
    """Whether keys may be tried on the simulator here."""
    return bool(settings.GATEWAY_API_BASE_ALLOWED and settings.SANDBOX_URL)


def _field(declared: SettingsField) -> forms.CharField:
    attributes = {"autocomplete": "off", "spellcheck": "false"}
    widget = forms.PasswordInput if declared.is_secret else forms.TextInput
    return forms.CharField(
        label=declared.label,
        help_text=declared.help,
        required=declared.is_required,
        max_length=LONGEST_VALUE,
        widget=widget(attrs=attributes),
    )
