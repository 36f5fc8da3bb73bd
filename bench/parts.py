"""The parts of a run, in order: each measures one kind of work. Import it once Django is ready."""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application
from django.test import override_settings

from bench import backfill, events, panel, webhooks
from bench.data_set import Company
from bench.figures import Figure
from bench.ground import Ground

Part = Callable[[Ground, Company], list[Figure]]


@cache
def _product() -> Any:
    return get_wsgi_application()


@cache
def _floor() -> WSGIHandler:
    """The same addresses without any middleware."""
    with override_settings(MIDDLEWARE=[]):
        return WSGIHandler()


PARTS: dict[str, Part] = {
    "card": lambda ground, company: panel.measure(ground, company, _product()),
    "webhook": lambda ground, _company: webhooks.measure(ground, _product(), _floor()),
    "event": lambda ground, _company: events.measure(ground, _product()),
    "backfill": lambda ground, _company: backfill.measure(ground),
}
