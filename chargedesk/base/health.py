"""`/livez`: the process lives. `/readyz`: database, Redis and the workers answer, in under 1 s.

`/readyz` answers 200 `{"ready": true, "missing": []}`, or 503 naming what does not answer.
"""

import threading
import time
from collections.abc import Callable
from functools import partial

import structlog
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase

from chargedesk.base.heartbeat import ask_redis, ask_worker

log = structlog.get_logger()

# All probes run side by side, so that a frozen database costs no more than this.
DEADLINE_S = 0.8
NEVER_STORED = {"Cache-Control": "no-store"}


def answer_probes(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware that answers both paths before anything else looks at the request.

    Probes come from inside the cluster: over plain HTTP, and under the name of a container.
    """
    probes = {"/livez": _livez, "/readyz": _readyz}

    def middleware(request: HttpRequest) -> HttpResponseBase:
        probe = probes.get(request.path_info)
        return probe() if probe else get_response(request)

    return middleware


def _livez() -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain", headers=NEVER_STORED)


def _readyz() -> HttpResponse:
    missing = _unanswered(
        {
            "database": _ask_database,
            "redis": ask_redis,
            "worker": partial(ask_worker, settings.ORDERS_QUEUE),
            "background": partial(ask_worker, settings.QUEUE),
        }
    )
    return JsonResponse(
        {"ready": not missing, "missing": missing},
        status=503 if missing else 200,
        headers=NEVER_STORED,
    )


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
