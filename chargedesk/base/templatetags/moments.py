"""Times as people read them: the zone of the viewer, the exact moment always in reach (X9)."""

from datetime import datetime, timedelta

from babel.dates import format_datetime, format_timedelta
from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from chargedesk.base.language import active_locale
from chargedesk.kit import clock

register = template.Library()

JUST_NOW = timedelta(seconds=10)


@register.filter
def moment(value: datetime | None) -> SafeString:
    """`<time>` with date and time in the active zone; the zone's name in its title."""
    return _time(value, text=_exact(value)) if value else SafeString()


@register.filter
def ago(value: datetime | None) -> SafeString:
    """`<time>` with the distance from now in words; the exact moment in its title."""
    return _time(value, text=_distance(value)) if value else SafeString()


def _time(value: datetime, *, text: str) -> SafeString:
    local = timezone.localtime(value)
    return format_html(
        '<time datetime="{}" title="{} {}">{}</time>',
        local.isoformat(timespec="seconds"),
        _exact(value),
        local.tzname() or "",
        text,
    )


def _exact(value: datetime) -> str:
    return format_datetime(timezone.localtime(value), format="medium", locale=active_locale())


def _distance(value: datetime) -> str:
    distance = value - clock.now()
    if abs(distance) < JUST_NOW:
        return _("just now")
    return format_timedelta(distance, add_direction=True, locale=active_locale())
