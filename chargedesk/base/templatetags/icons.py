"""Our own small set of line icons, drawn on a grid of 20; always decoration beside a word."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

_PATHS = {
    "arrow-left": "M12 4 6 10l6 6",
    "arrow-right": "m8 4 6 6-6 6",
    "bell": "M5 13.5V9a5 5 0 0 1 10 0v4.5l1.5 1.5h-13zM8.5 17.5h3",
    "book": (
        "M4 4.5h4.5A1.5 1.5 0 0 1 10 6v10a1.5 1.5 0 0 0-1.5-1.5H4z"
        "M16 4.5h-4.5A1.5 1.5 0 0 0 10 6v10a1.5 1.5 0 0 1 1.5-1.5H16z"
    ),
    "building": "M4 17V4h8v13M12 8h4v9M2.5 17h15M7 7.5h2M7 10.5h2M7 13.5h2",
    "check": "m4.5 10.5 3.5 3.5 7.5-8",
    "chevron": "m5.5 8 4.5 4.5L14.5 8",
    "clock": "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14M10 6v4l2.5 2",
    "copy": "M7.5 7.5h8v8h-8zM4.5 12.5v-8h8",
    "cross": "m5.5 5.5 9 9M14.5 5.5l-9 9",
    "error": "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14M10 6.5v4M10 13.4v.1",
    "exit": "M8 4H4v12h4M12 6.5 15.5 10 12 13.5M15.5 10H8",
    "globe": "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14M3 10h14M10 3c4 4 4 10 0 14M10 3c-4 4-4 10 0 14",
    "home": "m3.5 9.5 6.5-6 6.5 6M5.5 8.5v8h9v-8",
    "info": "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14M10 9.5v4M10 6.6v.1",
    "key": "M12.5 3a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9M9.2 10.8 3.5 16.5M5.5 14.5l2 2",
    "list": "M7 5.5h9.5M7 10h9.5M7 14.5h9.5M3.6 5.5h.1M3.6 10h.1M3.6 14.5h.1",
    "menu": "M3.5 6h13M3.5 10h13M3.5 14h13",
    "minus": "M5 10h10",
    "pause": "M7.5 5v10M12.5 5v10",
    "people": (
        "M7.5 4a2.75 2.75 0 1 0 0 5.5 2.75 2.75 0 0 0 0-5.5"
        "M2.5 16c0-3 2-4.5 5-4.5s5 1.5 5 4.5M13 4.3a2.75 2.75 0 0 1 0 5"
        "M14.5 11.8c2 .5 3 2 3 4.2"
    ),
    "play": "M6.5 4.5v11l9-5.5z",
    "plug": "M7 3v4M13 3v4M5 7h10v3a5 5 0 0 1-10 0zM10 15v3",
    "plus": "M10 4.5v11M4.5 10h11",
    "scales": "M10 3.5v13M6 16.5h8M4 6h12M4 6l-2 5h4zM16 6l-2 5h4z",
    "shield": "M10 3 4 5.5V10c0 3.5 2.5 6 6 7 3.5-1 6-3.5 6-7V5.5zM7.5 10l1.8 1.8L12.8 8",
    "success": "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14M7 10.2l2.1 2.1L13 8",
    "user": "M10 3.5a3.25 3.25 0 1 0 0 6.5 3.25 3.25 0 0 0 0-6.5M4 17c0-3.3 2.3-5 6-5s6 1.7 6 5",
    "warning": "M10 3.5 2.5 16.5h15zM10 8.5v3.5M10 14.2v.1",
}


@register.simple_tag
def icon(name: str) -> SafeString:
    """Return an icon as inline SVG, hidden from screen readers; KeyError for an unknown name."""
    return format_html(
        '<svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">'
        '<path d="{}"/></svg>',
        mark_safe(_PATHS[name]),  # noqa: S308  a constant of this module
    )
