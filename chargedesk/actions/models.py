"""Orders that move money: the intent, each try, approvals, budgets; keys of told records."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from chargedesk.base.fields import CurrencyField, MinorField
from chargedesk.base.models import TenantOwned
from chargedesk.kit.money import Money


class IntentState(models.TextChoices):
    """Where an order stands (M16)."""

    AWAITING_APPROVAL = "awaiting_approval", _("Waiting for approval")
    READY = "ready", _("Scheduled")
    EXECUTING = "executing", _("Being sent")
    SUCCEEDED = "succeeded", _("Done")
    FAILED = "failed", _("Not done")
    PENDING = "pending", _("On its way")
    UNKNOWN = "unknown", _("Unknown, checking")
    REJECTED = "rejected", _("Not approved")
    EXPIRED = "expired", _("Expired, not sent")
    SUPERSEDED = "superseded", _("Replaced")
    CANCELED = "canceled", _("Taken back before sending")
    REVERSED = "reversed", _("Given back by the provider")


SENT_AND_OPEN = (IntentState.EXECUTING, IntentState.UNKNOWN)
# The failure code of an order that was sent, and moved nothing as far as anything shows (M7).
NOT_EXECUTED = "not_executed"
UNSETTLED = (
    IntentState.AWAITING_APPROVAL,
    IntentState.READY,
    IntentState.EXECUTING,
    IntentState.UNKNOWN,
)


class ActionIntent(TenantOwned):
    """One order, frozen before the provider is called.

    `id` derives from tenant, credential and client key (M2). `subject_id` is what the queue is
    for: the money root, or else the object (`subjects.ABOUT`). `order` and `steps` are the frozen
    order (M1), `seen` the facts it was allowed on. What it holds of the root is a `Hold` of the
    ledger. Leases, keys and expiries are the database's clock (M3). `result_url` is the provider's
    page of a payment request or card update, to which the customer is sent.
    """

    connection = models.ForeignKey("tenants.Connection", on_delete=models.PROTECT, related_name="+")
    action = models.CharField(max_length=24)
    state = models.CharField(max_length=18, choices=IntentState.choices)
    subject_id = models.UUIDField()
    root = models.ForeignKey(
        "ledger.MoneyRoot", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    object_kind = models.CharField(max_length=20)
    object_id = models.UUIDField()
    target_id = models.CharField(max_length=255)
    customer_id = models.UUIDField(null=True)
    amount_minor = MinorField(null=True)
    currency = CurrencyField(blank=True)
    order = models.JSONField()
    steps = models.JSONField()
    reason = models.CharField(max_length=40, blank=True)
    note = models.CharField(max_length=500, blank=True)
    money_version = models.BigIntegerField(null=True)
    seen = models.JSONField(default=dict)

    actor_kind = models.CharField(max_length=20)
    actor_id = models.CharField(max_length=80)
    actor_label = models.CharField(max_length=160, blank=True)
    actor_role = models.CharField(max_length=10, blank=True)
    is_unlimited = models.BooleanField(default=False)
    on_behalf_of = models.CharField(max_length=160, blank=True)
    ip = models.GenericIPAddressField(null=True)
    client_key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)

    created_at = models.DateTimeField()
    not_before = models.DateTimeField()
    ready_at = models.DateTimeField(null=True)
    first_try_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    look_ups = models.PositiveIntegerField(default=0)
    first_empty_look_up_at = models.DateTimeField(null=True)
    next_look_up_at = models.DateTimeField(null=True)
    alerted_at = models.DateTimeField(null=True)

    result_id = models.CharField(max_length=255, blank=True)
    result_minor = MinorField(null=True)
    result_currency = CurrencyField(blank=True)
    result_url = models.TextField(blank=True)
    result_expires_at = models.DateTimeField(null=True)
    failure_code = models.CharField(max_length=60, blank=True)
    failure_message = models.CharField(max_length=500, blank=True)
    provider_code = models.CharField(max_length=120, blank=True)
    provider_message = models.CharField(max_length=500, blank=True)
    provider_request_id = models.CharField(max_length=120, blank=True)
    evidence = models.JSONField(default=dict)

    class Meta:
        constraints = [
            # M10: at most one order per root is at the provider; the database says so.
            models.UniqueConstraint(
                fields=["tenant", "subject_id"],
                condition=models.Q(state__in=["executing", "unknown"]),
                name="one_order_per_root_at_the_provider",
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "state", "not_before"],
                name="intent_open",
                condition=models.Q(
                    state__in=["ready", "executing", "unknown", "pending", "awaiting_approval"]
                ),
            ),
            models.Index(fields=["tenant", "subject_id", "-created_at"], name="intent_subject"),
            models.Index(fields=["tenant", "object_id", "-created_at"], name="intent_object"),
            models.Index(fields=["tenant", "actor_id", "-created_at"], name="intent_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.state}"

    @property
    def amount(self) -> Money | None:
        """What it moves; None for an order that moves no money."""
        return None if self.amount_minor is None else Money.of(self.amount_minor, self.currency)

    @property
    def result(self) -> Money | None:
        """What the provider says it moved."""
        code = self.result_currency or self.currency
        return None if self.result_minor is None or not code else Money.of(self.result_minor, code)


class Try(TenantOwned):
    """One sending of one step, committed directly before the bytes leave (M3)."""

    intent = models.ForeignKey(
        ActionIntent, on_delete=models.PROTECT, related_name="tries", db_index=False
    )
    step = models.CharField(max_length=40)
    number = models.PositiveSmallIntegerField()
    lease_token = models.UUIDField()
    sent_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=40, blank=True)
    detail = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["intent", "step", "number"], name="try_once")
        ]

    def __str__(self) -> str:
        return f"{self.step} {self.number}"


class Approval(TenantOwned):
    """A second person's answer to an order that needs one (M17)."""

    intent = models.ForeignKey(ActionIntent, on_delete=models.PROTECT, related_name="approvals")
    member_id = models.UUIDField()
    member_label = models.CharField(max_length=160)
    is_approved = models.BooleanField()
    note = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["intent", "member_id"], name="one_answer_per_member")
        ]

    def __str__(self) -> str:
        return "approved" if self.is_approved else "rejected"


class SpentBudget(TenantOwned):
    """What a member moved on one day in one currency; reserved by a conditional update (M17)."""

    actor_id = models.CharField(max_length=80)
    day = models.DateField()
    currency = CurrencyField()
    spent_minor = MinorField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "actor_id", "day", "currency"], name="budget_once_per_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.spent_minor} {self.currency}"


class RecordKey(TenantOwned):
    """A caller's key for one record told through `/v1`; it never expires, as those of orders (M2).

    `id` derives from tenant, credential and key; `object_id` is the record that was told.
    """

    fingerprint = models.CharField(max_length=64)
    object_id = models.UUIDField(null=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.object_id)
