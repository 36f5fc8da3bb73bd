"""The inbox of gateway events, and how far each connection's history has been read."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from chargedesk.base.models import TenantOwned, TenantRow


class EventState(models.TextChoices):
    """What became of an event."""

    WAITING = "waiting", _("Waiting")
    HANDLED = "handled", _("Handled")
    IGNORED = "ignored", _("Not followed")
    FAILED = "failed", _("Failed")


class InboundEvent(TenantRow):
    """One verified webhook, stored before it was answered; the stored rows are the queue.

    `retry_at` is when a failed one is tried again; `event_id` is unique per connection.
    """

    connection = models.ForeignKey(
        "tenants.Connection",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    event_id = models.CharField(max_length=255)
    type = models.CharField(max_length=120, blank=True)
    body = models.BinaryField()
    received_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=EventState.choices, default=EventState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True)
    handled_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "connection", "event_id"], name="event_once")
        ]
        indexes = [
            models.Index(
                fields=["tenant", "connection", "received_at"],
                name="event_waiting",
                condition=models.Q(state="waiting"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"


class RunKind(models.TextChoices):
    """Why history is read."""

    BACKFILL = "backfill", _("First import")
    INCREMENTAL = "incremental", _("Catching up")
    RECONCILIATION = "reconciliation", _("Nightly check")


class RunState(models.TextChoices):
    """Where a run stands."""

    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")
    WAITING = "waiting", _("Waiting for the gateway")
    DONE = "done", _("Done")
    FAILED = "failed", _("Stopped")


class SyncRun(TenantOwned):
    """One reading of a connection's history; everything needed to go on after a restart.

    `lease_token` and `lease_until` keep two workers off one run. `wait_until` honours the
    provider's Retry-After. `failures` in a row set the next wait; `active_ms` is the time
    actually worked, for an honest rate. An incremental run never ends: `since` is how far it read.
    """

    connection = models.ForeignKey(
        "tenants.Connection", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    kind = models.CharField(max_length=15, choices=RunKind.choices)
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.RUNNING)
    phase = models.CharField(max_length=20, blank=True)
    since = models.DateTimeField(null=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    wait_until = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    active_ms = models.BigIntegerField(default=0)
    found = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["tenant", "connection", "-started_at"], name="run_newest")]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "connection", "kind"],
                condition=models.Q(state__in=["running", "paused", "waiting"]),
                name="one_open_run_per_kind",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


class SyncPhase(TenantOwned):
    """One kind of object within a run: the checkpoint after its last page, and honest counts.

    `unreadable` are the ids no snapshot could be made of, the newest few. `is_one_by_one`: nothing
    is listed; what is known here and not at its end is read again, and `cursor` is the last row.
    """

    run = models.ForeignKey(
        SyncRun, on_delete=models.CASCADE, related_name="phases", db_index=False
    )
    position = models.PositiveSmallIntegerField()
    object_kind = models.CharField(max_length=20)
    is_one_by_one = models.BooleanField(default=False, db_default=False)
    cursor = models.CharField(max_length=500, blank=True)
    done = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(null=True)
    unreadable = models.JSONField(default=list)
    is_finished = models.BooleanField(default=False)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "position"], name="phase_position_once")
        ]

    def __str__(self) -> str:
        return f"{self.object_kind} {self.done}"
