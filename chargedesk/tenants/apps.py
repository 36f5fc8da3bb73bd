"""Registers the tenants part with Django."""

from django.apps import AppConfig


class TenantsConfig(AppConfig):
    name = "chargedesk.tenants"
    label = "tenants"
    default_auto_field = "django.db.models.BigAutoField"
