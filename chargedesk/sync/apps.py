"""Registers the sync part with Django."""

from django.apps import AppConfig


class SyncConfig(AppConfig):
    name = "chargedesk.sync"
    label = "sync"
    default_auto_field = "django.db.models.BigAutoField"
