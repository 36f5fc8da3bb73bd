"""Who belongs to the company: invite, give a role, remove."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from chargedesk.base import scoping
from chargedesk.dashboard.access import DeskRequest, member_required, tenant_view
from chargedesk.dashboard.forms.members import InviteForm, RoleForm
from chargedesk.dashboard.invitations import assignable_roles, invite
from chargedesk.dashboard.views.deeds import attempt_in_scope
from chargedesk.tenants.models import Member
from chargedesk.tenants.roles import Right, Role
from chargedesk.tenants.services import change_role, remove_member


@require_http_methods(["GET", "POST"])
@member_required(Right.MANAGE_MEMBERS)
def members(request: DeskRequest) -> HttpResponse:
    """List the members; POST invites one."""
    desk = request.desk
    form = InviteForm(
        request.POST or None, assignable=assignable_roles(desk), initial={"role": Role.AGENT}
    )
    if request.method == "POST" and form.is_valid():
        email, role = form.cleaned_data["email"], Role(form.cleaned_data["role"])
        sent = _("%(email)s is a member now and has got a message.") % {"email": email}
        attempt_in_scope(request, lambda: invite(email, role=role, desk=desk), done=sent)
        return redirect("dashboard:members")
    with scoping.tenant(desk.tenant.id):
        rows = list(
            Member.objects.select_related("user").filter(is_active=True).order_by("created_at")
        )
        return render(
            request,
            "dashboard/members.html",
            {"form": form, "members": rows, "roles": assignable_roles(desk)},
            status=400 if form.errors else 200,
        )


@require_POST
@member_required(Right.MANAGE_MEMBERS)
def role(request: DeskRequest, member_id: UUID) -> HttpResponse:
    """Give a member another role."""
    form = RoleForm(request.POST, assignable=_roles_for(request, member_id))
    if form.is_valid():
        wanted = Role(form.cleaned_data["role"])
        attempt_in_scope(
            request,
            lambda: change_role(member_id, role=wanted, actor=request.desk.actor),
            done=_("The role was changed."),
        )
    return redirect("dashboard:members")


@require_http_methods(["GET", "POST"])
@tenant_view(Right.MANAGE_MEMBERS)
def remove(request: DeskRequest, member_id: UUID) -> HttpResponse:
    """Ask, then end a membership."""
    member = get_object_or_404(Member.objects.select_related("user"), id=member_id, is_active=True)
    if request.method == "POST":
        if _roles_for(request, member_id):
            attempt_in_scope(
                request,
                lambda: remove_member(member_id, actor=request.desk.actor),
                done=_("%(user)s was removed.") % {"user": member.user},
            )
        return redirect("dashboard:members")
    return render(request, "dashboard/member_remove.html", {"member": member})


def _roles_for(request: DeskRequest, member_id: UUID) -> list[Role]:
    """What this member's role may become; nothing for an owner unless an owner asks."""
    roles = assignable_roles(request.desk)
    with scoping.tenant(request.desk.tenant.id):
        is_owner = Member.objects.filter(id=member_id, role=Role.OWNER).exists()
    return [] if is_owner and Role.OWNER not in roles else roles
