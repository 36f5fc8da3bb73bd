"""Forms about who belongs to a company and what they may do."""

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from chargedesk.kit.errors import ChargeDeskError
from chargedesk.kit.money import Money, currency
from chargedesk.tenants.roles import Role
from chargedesk.tenants.services.limits import Limit

AMOUNTS = ("action", "day", "customer_day")


class RoleForm(forms.Form):
    """A role among those this member may give."""

    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)

    def __init__(self, *args: Any, assignable: Sequence[Role], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ChoiceField", self.fields["role"])
        field.choices = [(role.value, role.label) for role in assignable]


class InviteForm(RoleForm):
    """Whom to let in."""

    email = forms.EmailField(
        label=_("E-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    field_order = ["email", "role"]

    def clean_email(self) -> str:
        """Return it in lower case, as users are known."""
        return str(self.cleaned_data["email"]).lower()


class LimitForm(forms.Form):
    """The limits of a role in one currency; what is left empty has none."""

    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.AGENT)
    currency = forms.CharField(
        label=_("Currency"), min_length=3, max_length=3, help_text=_("Three letters, such as EUR.")
    )
    action = forms.CharField(
        label=_("Most per order"), required=False, help_text=_("Such as 200.00. Empty: no limit.")
    )
    day = forms.CharField(label=_("Most per person and day"), required=False)
    customer_day = forms.CharField(label=_("Most per customer and day"), required=False)
    charge_age_days = forms.IntegerField(
        label=_("Oldest charge, in days"), required=False, min_value=1, max_value=3650
    )

    def clean_currency(self) -> str:
        """Refuse what is no currency."""
        return currency_code(str(self.cleaned_data["currency"]))

    def clean(self) -> dict[str, Any]:
        """Read the amounts in the currency's own digits."""
        values = super().clean() or {}
        if "currency" in values:
            for name in AMOUNTS:
                values[f"{name}_minor"] = self._minor(name, values["currency"])
        return values

    def _minor(self, name: str, code: str) -> int | None:
        text = str(self.cleaned_data.get(name, "")).strip()
        if not text:
            return None
        try:
            return Money.parse(text, code).minor
        except ChargeDeskError as error:
            self.add_error(name, error.message)
            return None

    @property
    def limit(self) -> Limit:
        """The figures of a valid form."""
        values = self.cleaned_data
        return Limit(
            action_minor=values["action_minor"],
            day_minor=values["day_minor"],
            customer_day_minor=values["customer_day_minor"],
            charge_age_days=values["charge_age_days"],
        )


def currency_code(text: str) -> str:
    """Return the code in upper case; a form error for what is none."""
    try:
        return currency(text.strip()).code
    except ChargeDeskError as error:
        raise forms.ValidationError(error.message) from error
