"""Machine words for people: `webhook_registered` as “webhook registered”."""

from django import template

register = template.Library()


@register.filter
def spaced(word: str) -> str:
    """Put spaces where a machine word has underscores, so that it reads and wraps."""
    return str(word).replace("_", " ")
