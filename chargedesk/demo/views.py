"""The pages of the helpdesk simulator, and the address where it takes internal notes."""

import json
from http import HTTPStatus
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from chargedesk.demo.inbox import Desk, desk_of, keep_note, notes_of, signed_context
from chargedesk.demo.tickets import Ticket, find_ticket, tickets_of
from chargedesk.kit import clock
from chargedesk.messaging.helpdesks import HelpdeskNotFoundError, helpdesk_link
from chargedesk.tenants.models import User
from helpdesk_apps.errors import IdentityError
from helpdesk_apps.generic.signing import check_signature

LONGEST_NOTE = 20_000


@login_required
@never_cache
@require_GET
def inbox(request: HttpRequest, ticket_id: str = "") -> HttpResponse:
    """The list of tickets, and the one that is open with the panel beside it."""
    desk = _desk(request)
    tickets = tickets_of(desk.tenant.slug)
    ticket = _ticket(desk, ticket_id) if ticket_id else None
    context = {"desk": desk, "tickets": tickets, "ticket": ticket}
    if ticket:
        context |= _panel(request, desk, ticket) | {"notes": notes_of(desk, ticket)}
    return render(request, "demo/inbox.html", context)


@login_required
@never_cache
@require_GET
def notes(request: HttpRequest, ticket_id: str) -> HttpResponse:
    """The internal notes alone, asked for again and again by the open page."""
    desk = _desk(request)
    context = {"notes": notes_of(desk, _ticket(desk, ticket_id))}
    return render(request, "demo/partials/notes.html", context)


@csrf_exempt
@require_POST
def take_note(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Take an internal note from ChargeDesk, as any helpdesk with the generic scheme would."""
    try:
        link = helpdesk_link(connection_id)
        check_signature(
            link.credentials.values["secret"],
            timestamp=request.headers.get("X-ChargeDesk-Timestamp", ""),
            payload=request.body[:LONGEST_NOTE],
            signed=request.headers.get("X-ChargeDesk-Signature", ""),
            now=clock.now(),
        )
    except (HelpdeskNotFoundError, IdentityError):
        return JsonResponse({"error": "refused"}, status=HTTPStatus.FORBIDDEN)
    plain = json.loads(request.body)
    note = keep_note(
        link.connection.tenant_id,
        ticket=plain["ticket_id"],
        key=plain["key"],
        text=plain["text"],
        author=plain["author"]["name"] or plain["author"]["email"],
    )
    return JsonResponse({"id": str(note.id)}, status=HTTPStatus.CREATED)


def _panel(request: HttpRequest, desk: Desk, ticket: Ticket) -> dict[str, object]:
    agent = request.user
    if not isinstance(agent, User):
        raise Http404
    embed = reverse("sidebar_embed", args=["generic", desk.connection_id])
    language = agent.language or get_language() or settings.LANGUAGE_CODE
    return {
        "embed_url": embed,
        "signed": signed_context(desk, ticket, agent, language=language),
    }


def _desk(request: HttpRequest) -> Desk:
    desk = desk_of(request.user) if isinstance(request.user, User) else None
    if desk is None:
        raise Http404("This account belongs to no demo company.")
    return desk


def _ticket(desk: Desk, ticket_id: str) -> Ticket:
    ticket = find_ticket(desk.tenant.slug, ticket_id)
    if ticket is None:
        raise Http404("There is no such ticket.")
    return ticket
