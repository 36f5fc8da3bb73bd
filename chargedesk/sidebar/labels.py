"""The fixed words of the card, translated once per language."""

from functools import cache

from django.utils import translation
from django.utils.translation import gettext as _


@cache
def labels(language: str) -> dict[str, str]:
    """Headings and buttons by name."""
    with translation.override(language):
        return {
            "charges": _("Payments"),
            "subscriptions": _("Subscriptions"),
            "open_invoices": _("Open invoices"),
            "open_invoice": _("See the invoice"),
            "paid": _("Paid"),
            "refunded": _("Refunded"),
            "actions": _("Do something"),
            "why": _("Why was I charged?"),
            "join": _("Join them"),
            "undo_joining": _("Undo joining"),
            "copy_email": _("Copy the e-mail address"),
            "copy_id": _("Copy the id"),
            "copied": _("Copied"),
            "no_charges": _("No payments yet."),
            "no_subscriptions": _("No subscriptions."),
            "someone_else": _("Someone else? Search"),
            "search": _("Search"),
            "search_label": _("Find a customer"),
            "search_help": _(
                "E-mail, name, order, invoice or gateway id, statement text, or last 4 with amount "
                "and date: 4242 49.00 2026-11-14"
            ),
            "nobody": _("No customer found"),
            "nobody_why": _(
                "No payment, subscription or invoice carries this person's address. They may "
                "have paid with another one."
            ),
            "several": _("Several people fit"),
            "several_why": _("Choose by what you know. Nothing is assumed."),
            "never_synced": _("Not synced yet"),
            "refresh": _("Refresh"),
        }
