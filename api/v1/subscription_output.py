"""A subscription as v1 writes it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from api.v1 import formats, methods
from chargedesk.kit import clock
from chargedesk.kit.money import Money
from chargedesk.ledger.models import Charge, Subscription
from chargedesk.ledger.words import PENDING_CANCEL, subscription_word
from chargedesk.tenants.models import ApiKey
from gateways.snapshots import Interval, ObjectKind

STATUS_TEXTS = {
    "pending": gettext_lazy("Pending"),
    "trialing": gettext_lazy("In trial"),
    "active": gettext_lazy("Active"),
    "past_due": gettext_lazy("Past due"),
    "suspended": gettext_lazy("Suspended"),
    "canceled": gettext_lazy("Canceled"),
    PENDING_CANCEL: gettext_lazy("Ends with the paid period"),
    "unknown": gettext_lazy("Unknown"),
}

Counts = dict[tuple[UUID, str], int]


def subscriptions_json(rows: Sequence[Subscription], key: ApiKey) -> list[dict[str, Any]]:
    """Every subscription as v1 writes it; from rows of `subscriptions.complete_subscriptions`."""
    counts = _charge_counts(rows) if rows else {}
    now = clock.now()
    return [
        _subscription_json(row, counts) | methods.subscription_methods(row, key, now)
        for row in rows
    ]


def _charge_counts(rows: Sequence[Subscription]) -> Counts:
    found = (
        Charge.objects.filter(
            gateway_customer_id__in={row.gateway_customer_id for row in rows},
            subscription_external_id__in={row.external_id for row in rows},
        )
        .values_list("connection_id", "subscription_external_id")
        .annotate(Count("id"))
        .order_by()
    )
    return {(connection, external): count for connection, external, count in found}


def _subscription_json(row: Subscription, counts: Counts) -> dict[str, Any]:
    status = subscription_word(row)
    return {
        "object": "subscription",
        "subscription_id": row.external_id,
        "company": str(row.tenant_id),
        "gateway_id": str(row.connection_id),
        "customer_id": row.gateway_customer.external_id if row.gateway_customer else None,
        "product_id": row.product.external_id if row.product else None,
        "product_desc": formats.text(row.product.name) if row.product else None,
        "status": status,
        "status_text": str(STATUS_TEXTS[status]),
        **_price(row),
        **_times(row),
        "charges": counts.get((row.connection_id, row.external_id), 0),
        "items": [_item(each) for each in row.items],
        "has_items": formats.flag(is_set=bool(row.items)),
        "has_meta": formats.flag(is_set=bool(row.metadata)),
        "metadata": formats.metadata(row.metadata),
        "logs": [],
        "manage_url": None,
        "gateway_url": methods.gateway_url(row, ObjectKind.SUBSCRIPTION),
    }


def _price(row: Subscription) -> dict[str, Any]:
    money = None if row.amount_minor is None else Money.of(row.amount_minor, row.currency)
    quantity = row.items[0].get("quantity", 1) if len(row.items) == 1 else 1
    return {
        "amount": money.plain if money is not None else None,
        "setup_amount": Money.of(0, row.currency).plain,
        "amount_formatted": formats.formatted(money) if money is not None else None,
        "amount_symbol": formats.symbol(row.currency),
        "currency": row.currency,
        "quantity": str(quantity),
        **interval_json(row.interval, row.interval_count),
    }


def interval_json(interval: str, count: int) -> dict[str, Any]:
    """How often, for programs and for people."""
    return {
        "interval": None if interval == Interval.ONCE else interval,
        "interval_count": str(count),
        "readable_interval": readable_interval(interval, count),
    }


def readable_interval(interval: str, count: int) -> str:
    """`every 3 months`."""
    words: dict[str, str] = {
        Interval.DAY: ngettext("every day", "every %(count)d days", count),
        Interval.WEEK: ngettext("every week", "every %(count)d weeks", count),
        Interval.MONTH: ngettext("every month", "every %(count)d months", count),
        Interval.YEAR: ngettext("every year", "every %(count)d years", count),
    }
    text = words.get(interval)
    return text % {"count": count} if text else _("once")


def _times(row: Subscription) -> dict[str, Any]:
    trial = (row.trial_end - row.trial_start).days if row.trial_start and row.trial_end else 0
    zero = formats.unix_text_or_zero
    return {
        "trial_period_days": str(trial),
        "first_seen": formats.unix(row.occurred_at),
        "current_period_start": zero(row.period_start),
        "current_period_end": zero(row.period_end),
        "trial_start": zero(row.trial_start),
        "trial_end": zero(row.trial_end),
        "canceled_at": zero(row.canceled_at),
        "ended_at": zero(row.ended_at),
        "last_email": formats.NOT_SET,
        "accurate_at": formats.unix_text(row.as_of),
    }


def _item(item: dict[str, Any]) -> dict[str, Any]:
    minor, currency = item.get("amount_minor"), item.get("currency", "")
    money = Money.of(minor, currency) if minor is not None and currency else None
    return {
        "item_id": item.get("external_id", ""),
        "description": item.get("name", ""),
        "amount": money.plain if money is not None else None,
        "currency": currency,
        "quantity": str(item.get("quantity", 1)),
        "percent": None,
        "amount_formatted": formats.formatted(money) if money is not None else None,
    }
