"""What was paid and given back: money roots, charges, refunds, disputes, warnings of fraud."""

from collections.abc import Collection

from django.db import models

from chargedesk.base.fields import CurrencyField, MinorField
from chargedesk.base.models import TenantOwned
from chargedesk.kit.money import Money
from chargedesk.ledger.models.mirrored import (
    Mirrored,
    by_external_id,
    link,
    of_live,
    of_unfinished,
)
from chargedesk.ledger.models.order_numbers import LONGEST_NUMBER, order_number_of
from gateways.snapshots import ChargeStatus, ObjectKind

_PAID = frozenset({ChargeStatus.SUCCEEDED, ChargeStatus.PARTIALLY_REFUNDED})


def status_given_back(status: str, captured: int, refunded: int, inside: int) -> str:
    """A paid charge's status where the gateway behind gave back more than its provider knows."""
    if inside <= refunded or status not in _PAID:
        return status
    is_whole = inside >= captured
    return str(ChargeStatus.REFUNDED if is_whole else ChargeStatus.PARTIALLY_REFUNDED)


def with_true_status(statuses: Collection[str]) -> models.Q:
    """Charges whose `true_status` is one of these: what is searched for is what is shown."""
    behind = models.Q(status__in=_PAID, inside_refunded_minor__gt=models.F("refunded_minor"))
    whole = models.Q(inside_refunded_minor__gte=models.F("captured_minor"))
    found = models.Q(status__in=list(statuses)) & ~behind
    if ChargeStatus.REFUNDED in statuses:
        found |= behind & whole
    if ChargeStatus.PARTIALLY_REFUNDED in statuses:
        found |= behind & ~whole
    return found


class MoneyRoot(Mirrored):
    """The record on which money is limited (M10): payment intent, order, invoice, lone charge.

    Orders lock this row. `captured_minor` is the sum over its charges, `refunds_minor` over its
    refund rows (pending, succeeded, unknown), `provider_refunded_minor` what the provider's
    charges say: if the last two differ, the refunds are read again before anything is allowed
    (M11). `held_minor` is held by open intents without a linked refund. `money_version` grows
    with every change of any of these (M14). `parent` is the outer record of a purchase known
    twice; it then carries lock and limits.
    """

    gateway_customer = link("ledger.GatewayCustomer")
    currency = CurrencyField()
    status = models.CharField(max_length=20, blank=True)
    amount_minor = MinorField(default=0)
    capturable_minor = MinorField(default=0)
    captured_minor = MinorField(default=0)
    refunds_minor = MinorField(default=0)
    provider_refunded_minor = MinorField(default=0)
    held_minor = MinorField(default=0)
    money_version = models.BigIntegerField(default=0)
    capture_before = models.DateTimeField(null=True)
    parent = link("ledger.MoneyRoot")
    metadata = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    captured_minor__gte=0,
                    refunds_minor__gte=0,
                    held_minor__gte=0,
                    provider_refunded_minor__gte=0,
                ),
                name="money_root_not_negative",
            ),
        ]
        indexes = [
            by_external_id("money_root_external"),
            models.Index(
                fields=["parent"],
                name="money_root_inner",
                condition=models.Q(parent__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.external_id

    @property
    def available(self) -> Money:
        """What can still be refunded (M11): captured, less refunds and holds; never below zero."""
        refunded = max(self.refunds_minor, self.provider_refunded_minor)
        return Money.of(max(0, self.captured_minor - refunded - self.held_minor), self.currency)


class Hold(TenantOwned):
    """An amount of a root kept for an order that may take it (M11).

    Released when the order ends, or when a refund with its marker arrives: from then on the
    refund's row counts.
    """

    root = models.ForeignKey(
        MoneyRoot, on_delete=models.PROTECT, related_name="holds", db_index=False
    )
    intent_id = models.UUIDField(unique=True)
    amount_minor = MinorField()
    placed_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(amount_minor__gt=0), name="hold_holds_something"
            )
        ]
        indexes = [
            models.Index(
                fields=["root"], name="hold_open", condition=models.Q(released_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.amount_minor} for {self.intent_id}"


class Charge(Mirrored):
    """One attempt to take money. `intent_id`: the order of ours whose marker it carries.

    Of a purchase known twice, the outer charge names the inner one in `paid_through`
    (`<gateway>:<id>`) and keeps in `inside_refunded_minor` what the inner record says went back.
    The inner one `is_shadow`: it is told of by the other, so lists and totals leave it out.
    """

    root = link("ledger.MoneyRoot", null=False, related_name="charges")
    gateway_customer = link("ledger.GatewayCustomer")
    intent_id = models.UUIDField(null=True)
    invoice_external_id = models.CharField(max_length=255, blank=True)
    subscription_external_id = models.CharField(max_length=255, blank=True)
    status = models.CharField(max_length=20)
    amount_minor = MinorField()
    captured_minor = MinorField(default=0)
    refunded_minor = MinorField(default=0)
    currency = CurrencyField()
    fee_minor = MinorField(null=True)
    net_minor = MinorField(null=True)
    settled_currency = CurrencyField(blank=True)
    description = models.TextField(blank=True)
    statement_descriptor = models.CharField(max_length=120, blank=True)
    method_kind = models.CharField(max_length=40, blank=True)
    method_brand = models.CharField(max_length=40, blank=True)
    method_last4 = models.CharField(max_length=4, blank=True)
    failure_code = models.CharField(max_length=80, blank=True)
    failure_message = models.CharField(max_length=500, blank=True)
    capture_before = models.DateTimeField(null=True)
    is_disputed = models.BooleanField(default=False)
    is_live = models.BooleanField(default=False)
    receipt_url = models.TextField(blank=True)
    paid_through = models.CharField(max_length=290, blank=True, default="", db_default="")
    is_shadow = models.BooleanField(default=False, db_default=False)
    inside_refunded_minor = MinorField(default=0, db_default=0)
    metadata = models.JSONField(default=dict)
    order_number = models.GeneratedField(
        expression=order_number_of("metadata", "description"),
        output_field=models.CharField(max_length=LONGEST_NUMBER),
        db_persist=True,
    )

    class Meta:
        indexes = [
            by_external_id("charge_external"),
            of_unfinished(ObjectKind.CHARGE, name="charge_unfinished"),
            models.Index(
                fields=["order_number"],
                name="charge_order_number",
                condition=models.Q(order_number__gt=""),
            ),
            models.Index(
                fields=["paid_through"],
                name="charge_paid_through",
                condition=models.Q(paid_through__gt=""),
            ),
            models.Index(
                fields=["recorded_at"],
                name="charge_outer_recent",
                condition=models.Q(paid_through__gt=""),
            ),
            models.Index(
                fields=["gateway_customer", "-occurred_at"],
                name="charge_of_customer",
            ),
            of_live("-occurred_at", "id", name="charge_newest"),
            models.Index(fields=["root"], name="charge_root"),
            of_live("method_last4", "amount_minor", name="charge_last4"),
            of_live("statement_descriptor", name="charge_statement"),
            models.Index(
                fields=["intent_id"],
                name="charge_intent",
                condition=models.Q(intent_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.external_id

    @property
    def amount(self) -> Money:
        """What was asked for."""
        return Money.of(self.amount_minor, self.currency)

    @property
    def refunded(self) -> Money:
        """What the provider says was given back."""
        return Money.of(self.refunded_minor, self.currency)

    @property
    def given_back(self) -> Money:
        """What went back, also behind this provider's back."""
        return Money.of(max(self.refunded_minor, self.inside_refunded_minor), self.currency)

    @property
    def true_status(self) -> str:
        """The status, with what went back behind this provider's back."""
        return status_given_back(
            self.status, self.captured_minor, self.refunded_minor, self.inside_refunded_minor
        )


class Refund(Mirrored):
    """Money on its way back. `intent_id`: the order of ours whose marker it carries (M11).

    Two refunds may carry one marker only after the worst bug. The provider's truth is stored all
    the same; the ledger door reports it.
    """

    root = link("ledger.MoneyRoot", null=False, related_name="refunds")
    charge = link("ledger.Charge")
    intent_id = models.UUIDField(null=True)
    status = models.CharField(max_length=20)
    amount_minor = MinorField()
    currency = CurrencyField()
    reason = models.CharField(max_length=60, blank=True)
    failure_reason = models.CharField(max_length=120, blank=True)
    arrives_by = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            by_external_id("refund_external"),
            of_unfinished(ObjectKind.REFUND, name="refund_unfinished"),
            models.Index(fields=["root"], name="refund_root"),
            models.Index(fields=["charge"], name="refund_charge"),
            models.Index(
                fields=["intent_id"],
                name="refund_intent",
                condition=models.Q(intent_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.external_id

    @property
    def amount(self) -> Money:
        """What goes back."""
        return Money.of(self.amount_minor, self.currency)


class Dispute(Mirrored):
    """The customer's bank asks the money back."""

    root = link("ledger.MoneyRoot", null=False, related_name="disputes")
    charge = link("ledger.Charge")
    status = models.CharField(max_length=20)
    amount_minor = MinorField()
    currency = CurrencyField()
    reason = models.CharField(max_length=60, blank=True)
    respond_by = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            by_external_id("dispute_external"),
            of_unfinished(ObjectKind.DISPUTE, name="dispute_unfinished"),
            models.Index(fields=["root"], name="dispute_root"),
            models.Index(fields=["charge"], name="dispute_charge"),
            of_live("status", "respond_by", name="dispute_due"),
        ]

    def __str__(self) -> str:
        return self.external_id


class FraudWarning(Mirrored):
    """The card's bank reports a charge as fraud; it has no amount and changes no money version.

    `is_actionable`: the provider's word, which may lag behind our own refund or dispute.
    """

    charge = link("ledger.Charge")
    is_actionable = models.BooleanField()
    reason = models.CharField(max_length=60, blank=True)

    class Meta:
        indexes = [
            by_external_id("fraud_warning_external"),
            models.Index(fields=["charge"], name="fraud_warning_charge"),
        ]

    def __str__(self) -> str:
        return self.external_id
