"""`/livez`: the process lives. `/readyz`: database, Redis and a worker answer, in under 1 s."""

import threading
import time
from collections.abc import Callable

import structlog
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache

from chargedesk.base.heartbeat import ask_redis, ask_worker

log = structlog.get_logger()

# Three probes run side by side, so that a frozen database costs no more than this.
DEADLINE_S = 0.8


def livez(_request: HttpRequest) -> HttpResponse:
    """Answer 200 while this process can answer at all."""
    return HttpResponse("ok", content_type="text/plain")


@never_cache
def readyz(_request: HttpRequest) -> JsonResponse:
    """Answer 200 `{"ready": true, "missing": []}`, or 503 naming what does not answer."""
    missing = _unanswered({"database": _ask_database, "redis": ask_redis, "worker": ask_worker})
    return JsonResponse({"ready": not missing, "missing": missing}, status=503 if missing else 200)


def _unanswered(probes: dict[str, Callable[[], object]]) -> list[str]:
    answered: set[str] = set()

    def ask(name: str, probe: Callable[[], object]) -> None:
        try:
            probe()
        except Exception as error:
            # Whatever went wrong, the caller learns the same: this one does not answer.
            log.warning("readiness.probe_failed", probe=name, error=type(error).__name__)
        else:
            answered.add(name)

    threads = [threading.Thread(target=ask, args=item, daemon=True) for item in probes.items()]
    deadline = time.monotonic() + DEADLINE_S
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return [name for name in probes if name not in answered]


def _ask_database() -> None:
    # A connection of its own: this runs in a thread that ends with the request.
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    finally:
        connection.close()
