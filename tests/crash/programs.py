"""The crash suite's Celery application: the product's, with a beat that sweeps all the time.

    celery -A tests.crash.programs worker

`crash.act` runs one of the product's own steps for one order in the worker, with settings and
crash points of its own, so that many orders can be broken at different places at once.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from celery import shared_task
from django.test import override_settings

from chargedesk.celery import app
from chargedesk.runtime.processes import write_atomically
from tests.crash.sabotage import sabotaged

__all__ = ["act", "app"]

SWEEP_EVERY_S = 1.0
# A sweep that no worker was free for is overtaken by the next one.
_ONCE = {"expires": 5 * SWEEP_EVERY_S}
app.conf.beat_schedule = {
    "sweep_orders": {
        "task": "chargedesk.actions.tasks.sweep_orders",
        "schedule": SWEEP_EVERY_S,
        "options": _ONCE,
    },
    "sweep_waiting": {"task": "sync.sweep_waiting", "schedule": 1.0, "options": _ONCE},
}


@shared_task(name="crash.act")
def act(step: str, tenant_id: str, intent_id: str, *, how: Mapping[str, Any]) -> None:
    """Run `execute`, `recover` or `tidy`.

    `how`: `folder` for crash points and for the files `pid` and `done`, `settings` to override,
    `sabotage` to break the product with, in this process and for this task only.
    """
    folder = Path(how["folder"])
    write_atomically(folder / "pid", str(os.getpid()))
    changed = {**how.get("settings", {}), "CRASH_POINTS_DIR": str(folder)}
    broken = sabotaged(how.get("sabotage", ""), UUID(intent_id))
    with override_settings(**changed), broken:
        _steps()[step](UUID(tenant_id), UUID(intent_id))
    (folder / f"{step}.done").touch()


def _steps() -> dict[str, Callable[[UUID, UUID], None]]:
    from chargedesk.actions.execution import execute  # noqa: PLC0415  models are not ready above
    from chargedesk.actions.recovery import recover, tidy  # noqa: PLC0415

    return {
        "execute": execute,
        "recover": recover,
        "tidy": lambda tenant_id, _intent_id: tidy(tenant_id),
    }
