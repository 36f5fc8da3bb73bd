"""Connecting by approval: to the gateway's page, its call-back with the keys, and back again."""

import structlog
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from chargedesk.base import scoping
from chargedesk.base.errors import error_body
from chargedesk.dashboard.access import DeskRequest, member_required
from chargedesk.dashboard.forms.connections import GrantForm
from chargedesk.dashboard.views.deeds import attempt
from chargedesk.kit import clock
from chargedesk.kit.errors import ChargeDeskError
from chargedesk.sync.services import start_connection
from chargedesk.tenants.roles import Right
from chargedesk.tenants.services import register_webhook
from chargedesk.tenants.services.granting import (
    Wish,
    begin_grant,
    ending_of,
    finish_grant,
    granting,
)
from gateways import registry
from gateways.contract import InboundRequest

log = structlog.get_logger(__name__)
LARGEST_BODY = 16 * 1024


@never_cache
@require_POST
@member_required(Right.MANAGE_CONNECTIONS)
def start(request: DeskRequest, gateway: str) -> HttpResponse:
    """Keep what is wanted, and show the way to the gateway's page.

    A page and no redirect, because our policy for forms (CSP) lets none lead elsewhere.
    """
    if granting(gateway) is None:
        raise Http404
    adapter = registry.adapter(gateway)
    form = GrantForm(request.POST, adapter=adapter, prefix="grant")
    if not form.is_valid():
        messages.error(request, _("Please enter the address of the shop."))
        return redirect("dashboard:connect", gateway)
    wish = Wish(
        tenant_id=request.desk.tenant.id,
        member_id=request.desk.member.id,
        provider=gateway,
        values=form.values,
        label=form.cleaned_data["label"],
        api_base=form.api_base,
    )
    address = attempt(
        request,
        lambda: begin_grant(
            wish,
            actor=request.desk.actor,
            return_url=settings.BASE_URL + reverse("grants:back", args=[gateway]),
            callback_url=settings.BASE_URL + reverse("grants:keys", args=[gateway]),
        ),
    )
    if address is None:
        return redirect("dashboard:connect", gateway)
    return render(request, "dashboard/grant.html", {"address": address, "adapter": adapter})


@csrf_exempt  # the single-use state is what counts; there is no cookie to abuse
@never_cache
@require_POST
def take_keys(request: HttpRequest, gateway: str) -> JsonResponse:
    """Take the keys the gateway posts: 200 only if they are good, else it takes them back."""
    inbound = InboundRequest(
        method="POST",
        path=request.path,
        query="",
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.read(LARGEST_BODY),
        received_at=clock.now(),
    )
    try:
        connection = finish_grant(gateway, inbound)
    except ChargeDeskError as error:
        log.warning("connect.grant_refused", gateway=gateway, code=error.code)
        return JsonResponse(error_body(error.message, code=error.code), status=400)
    with scoping.tenant(connection.tenant_id):
        start_connection(connection.id)
    return JsonResponse({"connected": True})


@never_cache
@require_safe
@member_required(Right.MANAGE_CONNECTIONS)
def back(request: DeskRequest, gateway: str) -> HttpResponse:
    """Where the gateway sends the person after they approved or refused."""
    if granting(gateway) is None:
        raise Http404
    tenant_id = request.desk.tenant.id
    ending = ending_of(request.GET.get("user_id", ""), tenant_id=tenant_id)
    if ending is None or ending.connection_id is None:
        problem = ending.problem if ending else _("Nothing was approved, so nothing is connected.")
        messages.error(request, problem)
        return redirect("dashboard:connect", gateway)
    connection_id, actor = ending.connection_id, request.desk.actor
    # A refusal here is shown, but the connection works without: its news are polled.
    attempt(request, lambda: register_webhook(tenant_id, connection_id, actor=actor))
    messages.success(request, _("Connected. The newest charges are being read now."))
    return redirect("dashboard:connection", connection_id)
