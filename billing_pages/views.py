"""Pages for customers."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def done(request: HttpRequest) -> HttpResponse:
    """Where a gateway's own page sends a customer back to, whatever they did there.

    It claims nothing: whether something was paid, the gateway's news tell.
    """
    answer = render(request, "billing_pages/done.html", {"theme": "system"})
    answer["Cache-Control"] = "no-store"
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex"
    return answer
