"""Measures dj-stripe: reads an order as JSON, works through it, writes what it cost as JSON.

Runs in dj-stripe's own environment, against its own database and the same sandbox.
"""

import json
import os
import secrets
import sys
from collections.abc import Callable
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "bench.peers.djstripe_settings"
django.setup()

from django.core.management import call_command  # noqa: E402  settings come first
from django.core.wsgi import get_wsgi_application  # noqa: E402
from djstripe import models  # noqa: E402

from bench import wsgi  # noqa: E402
from bench.measuring import Meter, quiet  # noqa: E402
from bench.signing import signed  # noqa: E402
from bench.statements import backend_pid, counted  # noqa: E402

_GOOD = 200

# What the sandbox does not have: dj-stripe is spared the work, and the errors it would write down.
models.Customer.expand_fields = []
models.Product._sync_product_features = lambda *_, **__: None  # noqa: SLF001  no setting for it


def main() -> None:
    """Carry out the order."""
    order = json.load(sys.stdin)
    call_command("migrate", verbosity=0)
    meter = Meter(backend_pid)
    work = {"events": _events, "backfill": _backfill}[order["work"]]
    json.dump(work(meter, order), sys.stdout)


def _events(meter: Meter, order: dict[str, Any]) -> dict[str, Any]:
    """Post each event to dj-stripe's view; costs by type, and statements of one event."""
    endpoint = models.WebhookEndpoint.objects.create(
        id=f"we_{secrets.token_hex(8)}",
        livemode=False,
        url="https://shop.example/webhook",
        secret=order["secret"],
        enabled_events=["*"],
        status="enabled",
    )
    path, application = f"/webhook/{endpoint.djstripe_uuid}/", get_wsgi_application()
    return {
        kind: _cost_of_each(
            meter,
            [_posting(application, path, each, order) for each in bodies],
            counted_first=order["counted"],
        )
        for kind, bodies in order["events"].items()
    }


def _posting(application: Any, path: str, body: str, order: dict[str, Any]) -> Callable[[], object]:
    raw = body.encode()
    environ = wsgi.post(path, raw, headers=signed(raw, order["secret"]))

    def post() -> None:
        answer = wsgi.ask(application, environ)
        if answer.status != _GOOD:
            raise RuntimeError(f"dj-stripe answered {answer.status}: {answer.body[:300]!r}")

    return post


def _cost_of_each(
    meter: Meter, works: list[Callable[[], object]], *, counted_first: int
) -> dict[str, Any]:
    statements: list[int] = []
    for work in works[:counted_first]:
        with counted() as seen:
            work()
        statements.append(len(seen))
    costs = meter.series(works[counted_first:])
    # The very first event also brings what all others share.
    return {**quiet(costs).plain(), "statements": statements[-1]}


def _backfill(meter: Meter, order: dict[str, Any]) -> dict[str, Any]:
    """Read charges as `djstripe_sync_models` does; what one costs."""
    key = order["key"]
    charges = iter(models.Charge.api_list(api_key=key, expand=["data.balance_transaction"]))

    def sync(count: int) -> Callable[[], object]:
        def work() -> None:
            for _ in range(count):
                models.Charge.sync_from_stripe_data(next(charges), api_key=key)

        return work

    sync(order["rounds"])()
    costs = [
        meter.measure(sync(order["per_round"]), units=order["per_round"])
        for _ in range(order["rounds"])
    ]
    return quiet(costs).plain()


if __name__ == "__main__":
    main()
