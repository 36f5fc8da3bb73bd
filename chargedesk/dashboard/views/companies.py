"""Which company a user works for: choose among several, or learn that there is none."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from chargedesk.dashboard.access import find_desk, make_active


@login_required
def companies(request: HttpRequest) -> HttpResponse:
    """Show the user's companies."""
    return render(request, "dashboard/companies.html")


@require_POST
@login_required
def switch_company(request: HttpRequest, tenant_id: UUID) -> HttpResponse:
    """Make another of the user's companies the active one; 404 for any other."""
    desk = find_desk(request)
    if desk is None or all(each.tenant_id != tenant_id for each in desk.memberships):
        raise Http404
    make_active(request, tenant_id)
    return redirect("dashboard:home")
