"""Registers the base part with Django."""

from django.apps import AppConfig

from chargedesk.base.database_guard import watch_connections


class BaseConfig(AppConfig):
    name = "chargedesk.base"
    label = "base"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Watch the first database connection of this process."""
        watch_connections()
