"""The addresses of a tenant's own system: which action goes where, its secret, a trial call."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from chargedesk.base import scoping
from chargedesk.dashboard.access import DeskRequest, member_required
from chargedesk.dashboard.forms.functions import LABELS, FunctionsForm
from chargedesk.dashboard.views.deeds import attempt, attempt_in_scope
from chargedesk.tenants.errors import FunctionAddressError, NotFoundError
from chargedesk.tenants.models import Connection
from chargedesk.tenants.roles import Right
from chargedesk.tenants.services import roll_function_secret, set_functions, try_function
from chargedesk.tenants.services.connections import usable_connection
from gateways import registry


@never_cache
@require_http_methods(["GET", "POST"])
@member_required(Right.MANAGE_CONNECTIONS)
def functions(request: DeskRequest, connection_id: UUID) -> HttpResponse:
    """The form; POST keeps the addresses, and shows a new signing secret in this one answer."""
    connection = _connection_or_404(request, connection_id)
    form = FunctionsForm(request.POST or None, connection=connection)
    made = ""
    if request.method == "POST" and form.is_valid():
        try:
            with scoping.tenant(request.desk.tenant.id, durable=True):
                made = set_functions(connection_id, urls=form.urls, actor=request.desk.actor)
        except FunctionAddressError as error:
            form.add_error(error.parameter, error.message)
        else:
            messages.success(request, _("The addresses are kept."))
            connection = _connection_or_404(request, connection_id)
    return _page(request, connection, form=form, made=made)


@never_cache
@require_POST
@member_required(Right.MANAGE_CONNECTIONS)
def exchange_secret(request: DeskRequest, connection_id: UUID) -> HttpResponse:
    """Make another signing secret and show it in this one answer."""
    made = attempt_in_scope(
        request, lambda: roll_function_secret(connection_id, actor=request.desk.actor)
    )
    connection = _connection_or_404(request, connection_id)
    return _page(request, connection, form=FunctionsForm(connection=connection), made=made or "")


@require_POST
@member_required(Right.MANAGE_CONNECTIONS)
def try_one(request: DeskRequest, connection_id: UUID, name: str) -> HttpResponse:
    """Send a signed call that moves nothing, and show what came back."""
    answer = attempt(
        request, lambda: try_function(request.desk.tenant.id, connection_id, name=name)
    )
    connection = _connection_or_404(request, connection_id)
    form = FunctionsForm(connection=connection)
    return _page(
        request, connection, form=form, tried={"label": LABELS.get(name), "answer": answer}
    )


def _page(
    request: DeskRequest, connection: Connection, *, form: FunctionsForm, **more: Any
) -> HttpResponse:
    adapter = registry.adapter(connection.provider)
    context = {
        "connection": connection,
        "adapter": adapter,
        "is_own": adapter.capabilities.needs_functions,
        "form": form,
        "kept": [(name, LABELS.get(name, name)) for name in connection.functions],
        **more,
    }
    return render(request, "dashboard/functions.html", context, status=400 if form.errors else 200)


def _connection_or_404(request: DeskRequest, connection_id: UUID) -> Connection:
    try:
        with scoping.tenant(request.desk.tenant.id):
            return usable_connection(connection_id)
    except NotFoundError as error:
        raise Http404 from error
