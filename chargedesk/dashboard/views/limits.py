"""How much money each role may move."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from chargedesk.base import scoping
from chargedesk.dashboard.access import DeskRequest, member_required
from chargedesk.dashboard.forms.members import LimitForm
from chargedesk.dashboard.limit_rows import limit_rows
from chargedesk.dashboard.views.deeds import attempt_in_scope
from chargedesk.tenants.roles import Right, Role
from chargedesk.tenants.services import set_role_limit


@require_http_methods(["GET", "POST"])
@member_required(Right.MANAGE_MEMBERS)
def limits(request: DeskRequest) -> HttpResponse:
    """List the limits; POST sets those of one role in one currency."""
    form = LimitForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        attempt_in_scope(
            request,
            lambda: set_role_limit(
                Role(values["role"]),
                currency=values["currency"],
                limit=form.limit,
                actor=request.desk.actor,
            ),
            done=_("The limits were saved. They hold from the next order on."),
        )
        return redirect("dashboard:limits")
    with scoping.tenant(request.desk.tenant.id):
        return render(
            request,
            "dashboard/limits.html",
            {"form": form, "rows": limit_rows()},
            status=400 if form.errors else 200,
        )
