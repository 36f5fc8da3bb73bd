"""Registers the ledger part with Django."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "chargedesk.ledger"
    label = "ledger"
    default_auto_field = "django.db.models.BigAutoField"
