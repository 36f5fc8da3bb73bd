"""Connecting a gateway account, and exchanging its key: the key is tested before it is stored."""

from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from chargedesk.base import scoping
from chargedesk.dashboard.access import DeskRequest, member_required
from chargedesk.dashboard.forms.connections import ConnectForm, GatewayForm, GrantForm
from chargedesk.dashboard.views.deeds import attempt
from chargedesk.kit.errors import ChargeDeskError
from chargedesk.sync.services import start_connection
from chargedesk.tenants.errors import PermissionsMissingError
from chargedesk.tenants.models import Connection
from chargedesk.tenants.roles import Right
from chargedesk.tenants.services import (
    connect_gateway,
    register_webhook,
    rotate_credentials,
)
from chargedesk.tenants.services.connections import usable_connection
from chargedesk.tenants.services.granting import granting
from gateways import registry
from gateways.contract import Permission


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@member_required(Right.MANAGE_CONNECTIONS)
def connect(request: DeskRequest, gateway: str) -> HttpResponse:
    """The form of a new connection; POST tests the key, stores it, and begins the first import."""
    if gateway not in registry.adapters():
        raise Http404
    adapter = registry.adapter(gateway)
    form = ConnectForm(request.POST or None, adapter=adapter)
    permissions: Sequence[Permission] = ()
    if request.method == "POST" and form.is_valid():
        try:
            connection = _connected(request, form)
        except PermissionsMissingError as error:
            permissions = error.permissions
            form.add_error(None, error.message)
        except ChargeDeskError as error:
            form.add_error(None, error.message)
        else:
            is_own = adapter.capabilities.needs_functions
            page = "dashboard:functions" if is_own else "dashboard:connection"
            return redirect(page, connection.id)
    context = {
        "form": form,
        "adapter": adapter,
        "permissions": permissions,
        "grant_form": GrantForm(adapter=adapter, prefix="grant") if granting(gateway) else None,
    }
    return render(request, "dashboard/connect.html", context, status=400 if form.errors else 200)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@member_required(Right.MANAGE_CONNECTIONS)
def exchange_key(request: DeskRequest, connection_id: UUID) -> HttpResponse:
    """A new key for the same account; the old one works until the new one is proven."""
    tenant_id = request.desk.tenant.id
    connection = _connection_or_404(request, connection_id)
    adapter = registry.adapter(connection.provider)
    form = GatewayForm(request.POST or None, adapter=adapter)
    permissions: Sequence[Permission] = ()
    if request.method == "POST" and form.is_valid():
        try:
            rotate_credentials(
                tenant_id, connection_id, values=form.values, actor=request.desk.actor
            )
        except PermissionsMissingError as error:
            permissions = error.permissions
            form.add_error(None, error.message)
        except ChargeDeskError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("The key was exchanged; the old one is forgotten."))
            return redirect("dashboard:connection", connection_id)
    context = {
        "form": form,
        "adapter": adapter,
        "connection": connection,
        "permissions": permissions,
    }
    return render(
        request, "dashboard/connection_key.html", context, status=400 if form.errors else 200
    )


def _connected(request: DeskRequest, form: ConnectForm) -> Connection:
    tenant_id, actor = request.desk.tenant.id, request.desk.actor
    connection = connect_gateway(
        tenant_id,
        provider=form.adapter.name,
        values=form.values,
        actor=actor,
        label=form.cleaned_data["label"],
        api_base=form.api_base,
    )
    if not form.adapter.capabilities.reads:
        messages.success(request, _("Connected."))
        return connection
    with scoping.tenant(tenant_id):
        start_connection(connection.id)
    # A refusal here is shown, but the connection works without: its news are polled.
    attempt(request, lambda: register_webhook(tenant_id, connection.id, actor=actor))
    messages.success(request, _("Connected. The newest charges are being read now."))
    return connection


def _connection_or_404(request: DeskRequest, connection_id: UUID) -> Connection:
    try:
        with scoping.tenant(request.desk.tenant.id):
            return usable_connection(connection_id)
    except ChargeDeskError as error:
        raise Http404 from error
