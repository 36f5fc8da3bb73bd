"""Registers the demo part with Django."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "chargedesk.demo"
    label = "demo"
    default_auto_field = "django.db.models.BigAutoField"
