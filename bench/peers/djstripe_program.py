"""Measures dj-stripe: reads orders as lines of JSON, and answers each with what it cost.

Runs in dj-stripe's own environment, against its own database and the same sandbox.
"""

import json
import os
import secrets
import sys
from collections.abc import Callable
from functools import cache
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
    """Do what is ordered, line by line, until nothing more comes."""
    call_command("migrate", verbosity=0)
    meter = Meter(backend_pid)
    works: dict[str, Callable[..., Any]] = {"count": _count, "post": _post, "backfill": _backfill}
    for line in sys.stdin:
        order = json.loads(line)
        sys.stdout.write(json.dumps(works[order.pop("work")](meter, **order)) + "\n")
        sys.stdout.flush()


def _count(_meter: Meter, *, events: list[str], secret: str) -> int:
    """The statements of the last of these events.

    The very first also brings what all others share.
    """
    statements = 0
    for posting in _postings(events, secret):
        with counted() as seen:
            posting()
        statements = len(seen)
    return statements


def _post(meter: Meter, *, events: list[str], secret: str) -> list[dict[str, Any]]:
    """What each of these events costs."""
    return [cost.plain() for cost in meter.series(_postings(events, secret))]


def _postings(events: list[str], secret: str) -> list[Callable[[], object]]:
    return [_posting(body, secret) for body in events]


@cache
def _view(secret: str) -> tuple[Any, str]:
    """dj-stripe's application, and the path of its view."""
    endpoint = models.WebhookEndpoint.objects.create(
        id=f"we_{secrets.token_hex(8)}",
        livemode=False,
        url="https://shop.example/webhook",
        secret=secret,
        enabled_events=["*"],
        status="enabled",
    )
    return get_wsgi_application(), f"/webhook/{endpoint.djstripe_uuid}/"


def _posting(body: str, secret: str) -> Callable[[], object]:
    raw, (application, path) = body.encode(), _view(secret)
    environ = wsgi.post(path, raw, headers=signed(raw, secret))

    def post() -> None:
        answer = wsgi.ask(application, environ)
        if answer.status != _GOOD:
            raise RuntimeError(f"dj-stripe answered {answer.status}: {answer.body[:300]!r}")

    return post


def _backfill(meter: Meter, *, key: str, rounds: int, per_round: int) -> dict[str, Any]:
    """Read charges as `djstripe_sync_models` does; what one costs."""
    charges = iter(models.Charge.api_list(api_key=key, expand=["data.balance_transaction"]))

    def sync(count: int) -> Callable[[], object]:
        def work() -> None:
            for _ in range(count):
                models.Charge.sync_from_stripe_data(next(charges), api_key=key)

        return work

    sync(rounds)()
    costs = [meter.measure(sync(per_round), units=per_round) for _ in range(rounds)]
    return quiet(costs).plain()


if __name__ == "__main__":
    main()
