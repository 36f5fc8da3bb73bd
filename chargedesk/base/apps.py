"""Registers the base part with Django."""

from django.apps import AppConfig


class BaseConfig(AppConfig):
    name = "chargedesk.base"
    label = "base"
    default_auto_field = "django.db.models.BigAutoField"
