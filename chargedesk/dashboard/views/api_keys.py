"""API keys: made, shown once, revoked."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from chargedesk.base import scoping
from chargedesk.dashboard.access import DeskRequest, member_required, tenant_view
from chargedesk.dashboard.forms.api_keys import ApiKeyForm
from chargedesk.dashboard.views.deeds import attempt_in_scope
from chargedesk.tenants.models import ApiKey
from chargedesk.tenants.roles import Right
from chargedesk.tenants.services import create_api_key, revoke_api_key


@never_cache
@require_http_methods(["GET", "POST"])
@member_required(Right.MANAGE_API_KEYS)
def api_keys(request: DeskRequest) -> HttpResponse:
    """List the keys; POST makes one and shows its plain text in this one answer, never again."""
    form = ApiKeyForm(request.POST or None)
    made = None
    if request.method == "POST" and form.is_valid():
        made = attempt_in_scope(
            request,
            lambda: create_api_key(
                name=form.cleaned_data["name"],
                powers=form.powers,
                actor=request.desk.actor,
                created_by=request.user,
            ),
        )
    with scoping.tenant(request.desk.tenant.id):
        keys = list(ApiKey.objects.select_related("created_by").order_by("-created_at"))
        return render(
            request,
            "dashboard/api_keys.html",
            {"form": ApiKeyForm() if made else form, "keys": keys, "made": made},
            status=400 if form.errors else 200,
        )


@require_http_methods(["GET", "POST"])
@tenant_view(Right.MANAGE_API_KEYS)
def revoke(request: DeskRequest, key_id: UUID) -> HttpResponse:
    """Ask, then end a key's life."""
    key = get_object_or_404(ApiKey, id=key_id, revoked_at=None)
    if request.method == "POST":
        attempt_in_scope(
            request,
            lambda: revoke_api_key(key_id, actor=request.desk.actor),
            done=_("The key “%(name)s” opens nothing any more.") % {"name": key.name},
        )
        return redirect("dashboard:api_keys")
    return render(request, "dashboard/api_key_revoke.html", {"key": key})
