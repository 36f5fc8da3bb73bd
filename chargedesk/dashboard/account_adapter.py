"""Where allauth asks us: the language after a sign-in, and what its mail says."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from chargedesk.dashboard.language import remember_language


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Our answers."""

    def post_login(self, request: HttpRequest, user: Any, **details: Any) -> HttpResponseBase:
        """Bring the user's language along to this browser."""
        response: HttpResponseBase = super().post_login(request, user, **details)
        if user.language:
            remember_language(response, user.language)
        return response

    def format_email_subject(self, subject: str) -> str:
        """Leave the subject as it is: the templates name the product."""
        return subject

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Add what our mail templates name."""
        super().send_mail(template_prefix, email, {**context, "base_url": settings.BASE_URL})
