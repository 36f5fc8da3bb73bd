"""What every page's frame needs: the desk, the ways, the chosen colours. Read only when drawn."""

from typing import Any, cast

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from chargedesk.dashboard.access import Desk, find_desk
from chargedesk.dashboard.navigation import navigation

THEME_COOKIE = "theme"
THEMES = ("system", "light", "dark")


def frame(request: HttpRequest) -> dict[str, Any]:
    """`desk` (None for nobody), `ways` and `theme` for templates."""
    desk = SimpleLazyObject(lambda: getattr(request, "desk", None) or find_desk(request))
    theme = request.COOKIES.get(THEME_COOKIE)
    return {
        "desk": desk,
        "ways": SimpleLazyObject(lambda: navigation(cast("Desk", desk), request.path)),
        "theme": theme if theme in THEMES else THEMES[0],
    }
