"""Registers the dashboard part with Django."""

from django.apps import AppConfig


class DashboardConfig(AppConfig):
    name = "chargedesk.dashboard"
    label = "dashboard"
    default_auto_field = "django.db.models.BigAutoField"
