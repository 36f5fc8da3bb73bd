"""Registers the invoices part with Django."""

from django.apps import AppConfig


class InvoicesConfig(AppConfig):
    name = "invoices"
    label = "invoices"
    default_auto_field = "django.db.models.BigAutoField"
