"""Registers the actions part with Django."""

from django.apps import AppConfig
from django.core import checks


class ActionsConfig(AppConfig):
    name = "chargedesk.actions"
    label = "actions"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks."""
        from chargedesk.actions.checks import check_lease  # noqa: PLC0415  settings are ready now

        checks.register(check_lease)
