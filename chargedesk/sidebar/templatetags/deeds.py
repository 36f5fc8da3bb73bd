"""Draws what can be done to one thing on the card: a button each, or why not.

In Python, because a card has dozens and a template costs ten times as much for each.
"""

from collections.abc import Iterable

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from helpdesk_apps.card import Action

register = template.Library()

_ALLOWED = (
    '<button type="button" class="quiet" data-dialog data-deed="{}"'
    ' hx-get="{}?action={}&amp;object={}" hx-target="#dialog-body">{}</button>'
)
_DENIED = '<p class="denied"><b>{}:</b> {}</p>'


@register.simple_tag
def deeds(actions: Iterable[Action], object_id: str, dialog_url: str) -> SafeString:
    """Each action opens its dialog about the object."""
    return mark_safe("".join(_deed(action, object_id, dialog_url) for action in actions))  # noqa: S308  every part is escaped


def _deed(action: Action, object_id: str, dialog_url: str) -> SafeString:
    if not action.is_allowed:
        return format_html(_DENIED, action.label, action.reason)
    return format_html(_ALLOWED, action.kind, dialog_url, action.kind, object_id, action.label)
