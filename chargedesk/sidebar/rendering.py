"""Turns the card into its HTML fragment, and any panel fragment into an answer."""

from functools import cache, lru_cache
from typing import Any

from django.http import HttpResponse
from django.template import loader
from django.template.backends.django import Template
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from chargedesk.sidebar.card import newest_of
from chargedesk.sidebar.labels import labels
from chargedesk.sidebar.others import joined_title
from helpdesk_apps.card import Card, ChargeLine


def card_html(card: Card, *, customer: str = "", link_label: str = "") -> str:
    """The card as HTML.

    `customer`: id of the person chosen by hand, kept on refresh; `link_label`: the offer to
    remember them for the ticket's address.
    """
    words = labels(card.language)
    if card.charge_count > len(card.charges):
        words = words | {"newest_of": newest_of(len(card.charges), card.charge_count)}
    if card.joined:
        words = words | {"joined": joined_title(card.joined)}
    if card.synced:
        words = words | {"synced": _("Synced %(when)s") % {"when": card.synced.text}}
    context = {
        "card": card,
        "charges": [_charge_html(charge, card.language) for charge in card.charges],
        "words": words,
        "urls": card_urls(),
        "customer": customer,
        "link_label": link_label,
    }
    return _template("sidebar/card.html").render(context)


@lru_cache(maxsize=2048)
def _charge_html(charge: ChargeLine, language: str) -> SafeString:
    """One line; an open panel asks for the same ones again and again, so they are remembered."""
    context = {"charge": charge, "words": labels(language), "urls": card_urls()}
    return SafeString(_template("sidebar/partials/charge.html").render(context))


def fragment(template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """A panel fragment; never stored by anyone on the way."""
    return html(rendered(template, context), status=status)


def rendered(template: str, context: dict[str, Any]) -> SafeString:
    """A panel fragment as text."""
    return SafeString(_template(f"sidebar/partials/{template}").render(context))


def html(text: str, *, status: int = 200) -> HttpResponse:
    """An HTML answer that no cache keeps."""
    answer = HttpResponse(text, status=status)
    answer["Cache-Control"] = "no-store"
    return answer


@cache
def card_urls() -> dict[str, str]:
    """Where the card's links lead; ids are appended by the template."""
    return {
        "card": reverse("sidebar:card"),
        "search": reverse("sidebar:search"),
        "link": reverse("sidebar:link"),
        "join": reverse("sidebar:join"),
        "dialog": reverse("sidebar:dialog"),
        "charge": reverse("sidebar:card").removesuffix("card") + "charges/",
    }


@cache
def _template(name: str) -> Template:
    template = loader.get_template(name)
    assert isinstance(template, Template)  # noqa: S101  our only template engine
    return template
