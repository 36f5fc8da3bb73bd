"""Registers the actions part with Django."""

from django.apps import AppConfig


class ActionsConfig(AppConfig):
    name = "chargedesk.actions"
    label = "actions"
    default_auto_field = "django.db.models.BigAutoField"
