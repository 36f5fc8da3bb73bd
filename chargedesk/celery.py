"""The Celery application, as in `celery -A chargedesk.celery worker`."""

import os
from typing import Any

from celery import Celery
from celery.signals import celeryd_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chargedesk.settings.local")

app = Celery("chargedesk")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@celeryd_init.connect
def _add_heartbeat(**_kwargs: Any) -> None:
    # Late, because the step reads settings that are not ready while this module loads.
    from chargedesk.base.heartbeat import HeartbeatStep  # noqa: PLC0415

    app.steps["worker"].add(HeartbeatStep)
