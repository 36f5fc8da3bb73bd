"""Accepts a gateway's webhook: verify on the raw body, store in one insert, answer."""

from uuid import UUID

import structlog
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from chargedesk.base.errors import error_body
from chargedesk.kit import clock
from chargedesk.sync import doors
from chargedesk.sync.challenges import answer, asked
from chargedesk.sync.refused import note_refused
from chargedesk.sync.services import intake
from chargedesk.sync.wakeups import HANDLE_INBOX, wake
from chargedesk.tenants.credentials import opened_webhook_secrets
from chargedesk.tenants.selectors import WebhookDoor
from gateways import registry
from gateways.contract import InboundRequest
from gateways.errors import PayloadError, SignatureError

log = structlog.get_logger(__name__)

# The largest event a gateway sends is a few hundred KB.
LARGEST_BODY = 1024 * 1024


@csrf_exempt
def receive_webhook(request: HttpRequest, gateway: str, connection_id: UUID) -> HttpResponse:
    """Answer 202 `{"received": n}` once n events are stored; 400, 404, 405 or 413 with an error.

    A GET is the check of the address that some gateways make before they use it.
    """
    if request.method == "GET":
        return _challenged(request, gateway, connection_id)
    if request.method != "POST":
        return _not_post()
    if _announced_length(request) > LARGEST_BODY:
        return _refusal(413, "body_too_large", _("The body is larger than any event."))
    inbound = _frozen(request)
    known = doors.remembered(gateway, connection_id)
    if known is not None:
        try:
            return _accept(known, gateway, inbound)
        except (SignatureError, PayloadError, intake.DoorChangedError):
            # Perhaps only because the door is not as it is remembered.
            pass
    return _accept_anew(gateway, connection_id, inbound)


def _challenged(request: HttpRequest, gateway: str, connection_id: UUID) -> HttpResponse:
    question = asked(gateway, request.GET)
    if question is None:
        return _not_post()
    door = doors.read(gateway, connection_id)
    if door is None:
        return _unknown()
    try:
        return HttpResponse(answer(gateway, door, question), content_type="text/plain")
    except SignatureError as error:
        return _refused(door, error)


def _accept_anew(gateway: str, connection_id: UUID, inbound: InboundRequest) -> JsonResponse:
    door = doors.read(gateway, connection_id)
    if door is None:
        return _unknown()
    try:
        return _accept(door, gateway, inbound)
    except SignatureError as error:
        note_refused(door.tenant_id, door.connection_id)
        return _refused(door, error)
    except PayloadError as error:
        # Signed and not readable: ours to look into, so the record is kept.
        intake.store_unreadable(door, inbound, error)
        return _refused(door, error)
    except intake.DoorChangedError:
        # Removed, or given other secrets, in this very moment: the gateway sends it again.
        return _unknown()


def _accept(door: WebhookDoor, gateway: str, inbound: InboundRequest) -> JsonResponse:
    """Verify and store. SignatureError, PayloadError, DoorChangedError: nothing is stored."""
    secrets = opened_webhook_secrets(door.connection_id, door.sealed_secrets)
    events = registry.adapter(gateway).parse_webhook(inbound, secrets=secrets)
    if intake.store_events(door, inbound, events):
        wake(HANDLE_INBOX, tenant_id=door.tenant_id, subject_id=door.connection_id)
    return JsonResponse({"received": len(events)}, status=202)


def _frozen(request: HttpRequest) -> InboundRequest:
    return InboundRequest(
        method="POST",
        path=request.path,
        query=request.META.get("QUERY_STRING", ""),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.body,
        received_at=clock.now(),
    )


def _announced_length(request: HttpRequest) -> int:
    # Without a length Django reads nothing, so this is the whole of it.
    announced = request.META.get("CONTENT_LENGTH") or "0"
    return int(announced) if announced.isdecimal() else 0


def _refused(door: WebhookDoor, error: SignatureError | PayloadError) -> JsonResponse:
    log.warning("sync.webhook_refused", connection=str(door.connection_id), code=error.code)
    return _refusal(400, error.code, error.message)


def _not_post() -> JsonResponse:
    return _refusal(405, "method_not_allowed", _("Send webhooks with POST."))


def _unknown() -> JsonResponse:
    return _refusal(404, "not_found", _("There is no such webhook address."))


def _refusal(status: int, code: str, message: str) -> JsonResponse:
    return JsonResponse(error_body(message, code=code), status=status)
