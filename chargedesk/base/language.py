"""The active language as Babel knows it, for money, dates and numbers."""

from functools import cache

from babel import Locale
from django.conf import settings
from django.utils.translation import get_language, to_locale


def active_locale() -> Locale:
    """Return the locale of the language this request is answered in."""
    return _locale(get_language() or settings.LANGUAGE_CODE)


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(to_locale(language))
