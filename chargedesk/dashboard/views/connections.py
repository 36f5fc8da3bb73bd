"""The list of connections, one connection with its progress, and what can be done to it."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeVar
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chargedesk.actions.selectors import has_unknown_orders
from chargedesk.base import scoping
from chargedesk.dashboard.access import DeskRequest, member_required, tenant_view
from chargedesk.dashboard.connection_page import connection_page, connection_rows, progress_view
from chargedesk.dashboard.forms.connections import RemoveForm, WebhookSecretForm
from chargedesk.dashboard.views.deeds import attempt, attempt_in_scope
from chargedesk.sync.services import pause_sync, resume_sync, retry_failed, retry_sync
from chargedesk.sync.services.proving import Proven, prove_webhook
from chargedesk.tenants.errors import NotFoundError
from chargedesk.tenants.roles import Right
from chargedesk.tenants.services import (
    add_webhook_secret,
    pause_connection,
    register_webhook,
    remove_connection,
    resume_connection,
    roll_webhook_secret,
)
from chargedesk.tenants.services.connections import usable_connection
from gateways import registry

T = TypeVar("T")


@require_safe
@tenant_view(Right.MANAGE_CONNECTIONS)
def connections(request: DeskRequest) -> HttpResponse:
    """All connections, and the gateways that can be connected."""
    context = {"rows": connection_rows(), "gateways": registry.adapters().values()}
    return render(request, "dashboard/connections.html", context)


@require_safe
@tenant_view(Right.MANAGE_CONNECTIONS)
def connection(request: DeskRequest, connection_id: UUID) -> HttpResponse:
    """One connection: progress, news, key, rights, removal."""
    context = {"page": _found(connection_page, connection_id), "secret_form": WebhookSecretForm()}
    return render(request, "dashboard/connection.html", context)


@require_safe
@tenant_view(Right.MANAGE_CONNECTIONS)
def progress(request: DeskRequest, connection_id: UUID) -> HttpResponse:
    """The progress panel, polled every 2 s while something moves."""
    context = {"progress": _found(progress_view, connection_id)}
    return render(request, "dashboard/partials/progress.html", context)


@require_POST
@member_required(Right.MANAGE_CONNECTIONS)
def do(request: DeskRequest, connection_id: UUID, deed: str) -> HttpResponse:
    """One of the small deeds of the page."""
    if deed in AT_THE_GATEWAY:
        service, done = AT_THE_GATEWAY[deed]
        tenant_id, actor = request.desk.tenant.id, request.desk.actor
        attempt(request, lambda: service(tenant_id, connection_id, actor=actor), done=_(done))
    elif deed in HERE:
        local, done = HERE[deed]
        attempt_in_scope(request, partial(local, request, connection_id), done=_(done))
    elif deed == "test-webhook":
        _test_webhook(request, connection_id)
    else:
        raise Http404
    return redirect("dashboard:connection", connection_id)


@require_http_methods(["GET", "POST"])
@member_required(Right.MANAGE_CONNECTIONS)
def remove(request: DeskRequest, connection_id: UUID) -> HttpResponse:
    """Say what stays and what goes, ask for the name, then remove."""
    tenant_id, actor = request.desk.tenant.id, request.desk.actor
    with scoping.tenant(tenant_id):
        doomed = _found(usable_connection, connection_id)
    form = RemoveForm(request.POST or None, expected=doomed.label)
    if request.method == "POST" and form.is_valid():
        attempt(
            request,
            lambda: remove_connection(
                tenant_id,
                connection_id,
                actor=actor,
                has_unknown_orders=has_unknown_orders,
                reason=form.cleaned_data["reason"],
            ),
            done=_("“%(name)s” was removed and its keys are wiped.") % {"name": doomed.label},
        )
        return redirect("dashboard:connections")
    context = {"form": form, "connection": doomed}
    return render(
        request, "dashboard/connection_remove.html", context, status=400 if form.errors else 200
    )


def _test_webhook(request: DeskRequest, connection_id: UUID) -> None:
    """Show what was proven, and what was not (G3)."""
    tenant_id = request.desk.tenant.id
    proven = attempt(request, lambda: prove_webhook(tenant_id, connection_id))
    if proven is not None:
        tell = messages.success if proven is Proven.CAME_THROUGH else messages.info
        tell(request, _(PROVEN[proven]))


PROVEN: Mapping[Proven, str] = {
    Proven.CAME_THROUGH: gettext_noop(
        "Our own test came through: signed with the secret kept here, accepted, found in the "
        "inbox. That the gateway uses both, only its own delivery shows: see “Last event "
        "received”."
    ),
    Proven.REACHED: gettext_noop(
        "The address leads here. We make no signed test for this gateway, so nothing more is "
        "proven until its own delivery arrives: see “Last event received”."
    ),
    Proven.REACHED_UNSIGNED: gettext_noop(
        "The address leads here. No signing secret is kept yet, so a delivery would be refused: "
        "register it at the gateway, or paste its secret."
    ),
}


def _pause(request: DeskRequest, connection_id: UUID) -> None:
    pause_connection(connection_id, actor=request.desk.actor)


def _resume(request: DeskRequest, connection_id: UUID) -> None:
    resume_connection(connection_id, actor=request.desk.actor)


def _pause_sync(request: DeskRequest, connection_id: UUID) -> None:
    pause_sync(connection_id, actor=request.desk.actor)


def _resume_sync(request: DeskRequest, connection_id: UUID) -> None:
    resume_sync(connection_id, actor=request.desk.actor)


def _retry_sync(request: DeskRequest, connection_id: UUID) -> None:
    retry_sync(connection_id, actor=request.desk.actor)


def _retry_events(_request: DeskRequest, connection_id: UUID) -> None:
    retry_failed(connection_id)


def _add_secret(request: DeskRequest, connection_id: UUID) -> None:
    form = WebhookSecretForm(request.POST)
    if form.is_valid():
        add_webhook_secret(
            connection_id, secret=form.cleaned_data["secret"], actor=request.desk.actor
        )


HERE: Mapping[str, tuple[Callable[[DeskRequest, UUID], None], str]] = {
    "pause": (_pause, gettext_noop("Paused. News is kept and handled later.")),
    "resume": (_resume, gettext_noop("It goes on.")),
    "pause-sync": (_pause_sync, gettext_noop("The import stops after this page.")),
    "resume-sync": (_resume_sync, gettext_noop("The import goes on where it stopped.")),
    "retry-sync": (_retry_sync, gettext_noop("The import is tried again from where it stopped.")),
    "retry-events": (_retry_events, gettext_noop("The failed events are tried again.")),
    "add-secret": (_add_secret, gettext_noop("The signing secret is kept.")),
}
AT_THE_GATEWAY: Mapping[str, tuple[Callable[..., bool], str]] = {
    "register-webhook": (register_webhook, gettext_noop("The address is known to the gateway.")),
    "roll-webhook": (
        roll_webhook_secret,
        gettext_noop("The signing secret was exchanged; the old one is accepted a while longer."),
    ),
}


def _found(read: Callable[[UUID], T], connection_id: UUID) -> T:
    try:
        return read(connection_id)
    except NotFoundError as error:
        raise Http404 from error
