"""The ways through the dashboard: what this member may open, and where they are."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chargedesk.dashboard.access import Desk
from chargedesk.tenants.roles import Right


@dataclass(frozen=True, slots=True)
class Place:
    """One entry; `route` is a name of `dashboard.urls`."""

    label: str | Promise
    route: str
    icon: str
    right: Right


@dataclass(frozen=True, slots=True)
class Way:
    """A place as the template draws it."""

    label: str
    url: str
    icon: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class WayGroup:
    """Ways under one heading."""

    title: str
    ways: Sequence[Way]


PLACES: Sequence[tuple[str | Promise, Sequence[Place]]] = (
    (
        _("Work"),
        (
            Place(_("Overview"), "home", "home", Right.SEE_BILLING),
            Place(_("Orders"), "orders", "scales", Right.APPROVE),
            Place(_("Audit log"), "audit", "book", Right.SEE_FINANCE),
        ),
    ),
    (
        _("Settings"),
        (
            Place(_("Connections"), "connections", "plug", Right.MANAGE_CONNECTIONS),
            Place(_("Members"), "members", "people", Right.MANAGE_MEMBERS),
            Place(_("Limits"), "limits", "shield", Right.MANAGE_MEMBERS),
            Place(_("API keys"), "api_keys", "key", Right.MANAGE_API_KEYS),
        ),
    ),
)


def navigation(desk: Desk, path: str) -> Sequence[WayGroup]:
    """Everything this member may open, the longest match with `path` marked as current."""
    allowed = [
        (
            title,
            [
                (place, reverse(f"dashboard:{place.route}"))
                for place in places
                if desk.may(place.right)
            ],
        )
        for title, places in PLACES
    ]
    matching = [url for _title, places in allowed for _place, url in places if path.startswith(url)]
    current = max(matching, key=len, default="")
    return [
        WayGroup(
            str(title),
            [Way(str(place.label), url, place.icon, url == current) for place, url in places],
        )
        for title, places in allowed
        if places
    ]
