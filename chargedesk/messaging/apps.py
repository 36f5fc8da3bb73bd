"""Registers the messaging part with Django."""

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "chargedesk.messaging"
    label = "messaging"
    default_auto_field = "django.db.models.BigAutoField"
