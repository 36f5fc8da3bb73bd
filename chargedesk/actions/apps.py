"""Registers the actions part with Django."""

from django.apps import AppConfig
from django.core import checks


class ActionsConfig(AppConfig):
    name = "chargedesk.actions"
    label = "actions"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks, and who moves orders when the ledger links two records."""
        # Models and settings are ready now.
        from chargedesk.actions.checks import check_lease  # noqa: PLC0415
        from chargedesk.actions.following import follow  # noqa: PLC0415
        from chargedesk.ledger.locking import orders_follow  # noqa: PLC0415

        checks.register(check_lease)
        orders_follow(follow)
