"""The dialog of one action: what is, what would happen, and what the agent must say (R1).

One module per family of actions; each fills a `Form`, and `building` draws any of them.
"""

from chargedesk.sidebar.dialog.building import (
    FORMS,
    checked,
    dialog_for,
    new_dialog,
    outcome_for,
    subject_of,
)
from chargedesk.sidebar.dialog.shape import Dialog, Draft, Subject

__all__ = [
    "FORMS",
    "Dialog",
    "Draft",
    "Subject",
    "checked",
    "dialog_for",
    "new_dialog",
    "outcome_for",
    "subject_of",
]
