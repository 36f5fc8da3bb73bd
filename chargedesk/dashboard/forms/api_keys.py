"""The form that makes an API key."""

from datetime import timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from chargedesk.kit import clock
from chargedesk.tenants.roles import Role
from chargedesk.tenants.services.api_keys import KeyPowers

SCOPES = (
    ("read", _("Read: customers, charges, subscriptions")),
    ("write", _("Write: create and change stored records")),
    ("money", _("Money: refund, capture, void, cancel")),
)
LIVES = (("90", _("90 days")), ("365", _("One year")), ("", _("Until it is revoked")))


class ApiKeyForm(forms.Form):
    """What the key is for and what it may do."""

    name = forms.CharField(
        label=_("Name"),
        max_length=80,
        help_text=_("Which program uses it, such as “Data warehouse”."),
    )
    scopes = forms.MultipleChoiceField(
        label=_("It may"), choices=SCOPES, widget=forms.CheckboxSelectMultiple, initial=["read"]
    )
    role = forms.ChoiceField(
        label=_("Limits of the role"), choices=Role.choices, initial=Role.AGENT
    )
    is_unlimited = forms.BooleanField(
        label=_("No limits, no approval, no time to undo"),
        required=False,
        help_text=_("Only for programs you trust as much as yourself."),
    )
    requests_per_minute = forms.IntegerField(
        label=_("Requests per minute"), min_value=1, max_value=6000, initial=120
    )
    life = forms.ChoiceField(label=_("Valid for"), choices=LIVES, required=False, initial="365")

    @property
    def powers(self) -> KeyPowers:
        """What a valid form asks for."""
        values = self.cleaned_data
        days = values["life"]
        return KeyPowers(
            scopes=values["scopes"],
            role=Role(values["role"]),
            is_unlimited=values["is_unlimited"],
            requests_per_minute=values["requests_per_minute"],
            expires_at=clock.now() + timedelta(days=int(days)) if days else None,
        )
