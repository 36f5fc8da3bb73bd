"""What beat wakes and how often. Every entry is a sweep that is safe to repeat."""

from typing import Any

BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "sweep_orders": {"task": "chargedesk.actions.tasks.sweep_orders", "schedule": 3.0},
}
