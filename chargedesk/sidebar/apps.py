"""Registers the sidebar part with Django."""

from django.apps import AppConfig


class SidebarConfig(AppConfig):
    name = "chargedesk.sidebar"
    label = "sidebar"
    default_auto_field = "django.db.models.BigAutoField"
