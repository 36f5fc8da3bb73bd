"""The first page after signing in."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from chargedesk.dashboard.access import DeskRequest, tenant_view
from chargedesk.dashboard.overview import overview
from chargedesk.tenants.roles import Right


@require_safe
@tenant_view(Right.SEE_BILLING)
def home(request: DeskRequest) -> HttpResponse:
    """What is left to set up, and what needs somebody now."""
    return render(request, "dashboard/home.html", {"overview": overview(request.desk)})
