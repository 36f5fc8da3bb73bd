"""Registers the billing_pages part with Django."""

from django.apps import AppConfig


class BillingPagesConfig(AppConfig):
    name = "billing_pages"
    label = "billing_pages"
    default_auto_field = "django.db.models.BigAutoField"
