"""What beat wakes and how often. Every entry is a sweep that is safe to repeat."""

from typing import Any

from celery.schedules import crontab

BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "sweep_orders": {"task": "chargedesk.actions.tasks.sweep_orders", "schedule": 3.0},
    "sweep_late_effects": {
        "task": "chargedesk.actions.tasks.sweep_late_effects",
        "schedule": 1800.0,
    },
    "sweep_waiting": {"task": "sync.sweep_waiting", "schedule": 5.0},
    "sweep_alarms": {"task": "messaging.sweep_alarms", "schedule": 15.0},
    "sweep_polls": {"task": "sync.sweep_polls", "schedule": 60.0},
    "sweep_webhooks": {"task": "sync.sweep_webhooks", "schedule": 600.0},
    "sweep_nightly": {"task": "sync.sweep_nightly", "schedule": crontab(hour=2, minute=30)},
}
