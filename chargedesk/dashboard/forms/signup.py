"""Sign-up: one form makes the user, the company and its owner, or nothing at all."""

from allauth.account.forms import SignupForm as AllauthSignupForm
from django import forms
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from chargedesk.dashboard.access import make_active
from chargedesk.tenants.models import User
from chargedesk.tenants.services import create_tenant


class SignupForm(AllauthSignupForm):  # type: ignore[misc]
    """Allauth's form with the company and the person's name."""

    company = forms.CharField(
        label=_("Company"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    name = forms.CharField(
        label=_("Your name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        help_text=_("Colleagues see it beside what you do."),
    )
    field_order = ["company", "name", "email", "password1"]

    def save(self, request: HttpRequest) -> User:
        """Make user, tenant and owner in one transaction."""
        with transaction.atomic():
            user: User = super().save(request)
            tenant = create_tenant(name=self.cleaned_data["company"], owner=user)
        make_active(request, tenant.id)
        return user

    def custom_signup(self, request: HttpRequest, user: User) -> None:
        """Give the new user their name and the language they read this page in."""
        super().custom_signup(request, user)
        user.name = self.cleaned_data["name"]
        user.language = get_language() or ""
        user.save(update_fields=["name", "language"])
