"""Records of subscriptions and products as snapshots."""

from gateways.custom.mapping.records import (
    UNTOLD,
    Record,
    Seen,
    count,
    marker_in,
    moment,
    money,
    switch,
    text,
    texts,
)
from gateways.errors import PayloadError
from gateways.snapshots import (
    AnySnapshot,
    Interval,
    PriceSnapshot,
    ProductSnapshot,
    SubscriptionItem,
    SubscriptionSnapshot,
    SubscriptionStatus,
)
from gateways.unknown import note_unknown

# v1's words (reference/chargedesk-api.md section 7).
STATUSES = {
    "requested": SubscriptionStatus.PENDING,
    "pending": SubscriptionStatus.PENDING,
    "new": SubscriptionStatus.PENDING,
    "trialing": SubscriptionStatus.TRIALING,
    "active": SubscriptionStatus.ACTIVE,
    "pending_cancel": SubscriptionStatus.ACTIVE,
    "past_due": SubscriptionStatus.PAST_DUE,
    "unpaid": SubscriptionStatus.PAST_DUE,
    "suspended": SubscriptionStatus.PAUSED,
    "canceled": SubscriptionStatus.CANCELED,
}
PENDING_CANCEL = "pending_cancel"


def subscription_pictures(seen: Seen) -> tuple[AnySnapshot, ...]:
    """The subscription, its product as the one item."""
    record = seen.record
    external_id = text(record, "subscription_id")
    if not external_id:
        raise PayloadError("A subscription needs a subscription_id.", parameter="subscription_id")
    item = _item(record, external_id)
    status = _status(record)
    period_end = moment(record, "current_period_end")
    ends_later = text(record, "status") == PENDING_CANCEL or switch(record, "cancel_at_period_end")
    is_over, coupon = status is SubscriptionStatus.CANCELED, text(record, "coupon")
    return (
        SubscriptionSnapshot(
            external_id=external_id,
            as_of=seen.as_of,
            created_at=moment(record, "first_seen") or seen.as_of,
            raw=seen.raw,
            marker=marker_in(text(record, "idempotency_key")),
            customer_id=text(record, "customer_id"),
            status=status,
            items=(item,) if item.product_id or item.name else (),
            amount_minor=item.amount_minor,
            currency=item.currency,
            interval=item.interval,
            interval_count=item.interval_count,
            started_at=moment(record, "first_seen"),
            period_start=moment(record, "current_period_start"),
            period_end=period_end,
            trial_start=moment(record, "trial_start"),
            trial_end=moment(record, "trial_end"),
            cancels_at_period_end=ends_later and not is_over,
            canceled_at=moment(record, "canceled_at") or (seen.as_of if is_over else None),
            ended_at=moment(record, "ended_at"),
            coupon_ids=(coupon,) if coupon else (),
            discounts=({"external_id": coupon, "coupon_id": coupon},) if coupon else (),
            pause="whole" if status is SubscriptionStatus.PAUSED else "",
            metadata=texts(record, "metadata"),
        ),
    )


def product_pictures(seen: Seen) -> tuple[AnySnapshot, ...]:
    """The product, and its price if an amount was told."""
    record = seen.record
    external_id = text(record, "product_id")
    if not external_id:
        raise PayloadError("A product needs a product_id.", parameter="product_id")
    is_sold = switch(record, "chargeable") if "chargeable" in record else True
    product = ProductSnapshot(
        external_id=external_id,
        as_of=seen.as_of,
        created_at=moment(record, "first_seen") or seen.as_of,
        raw=seen.raw,
        name=text(record, "name") or external_id,
        description=text(record, "description", most=1000),
        url=text(record, "url", most=500),
        is_active=is_sold,
        metadata=texts(record, "metadata"),
    )
    if not record.get("amount") or not record.get("currency"):
        return (product,)
    amount = money(record, "amount", str(record["currency"]))
    price = PriceSnapshot(
        external_id=external_id,
        as_of=seen.as_of,
        created_at=product.created_at,
        raw=seen.raw,
        product_id=external_id,
        amount_minor=amount.minor,
        currency=amount.currency.code,
        interval=_interval(record),
        interval_count=count(record, "interval_count", otherwise=1),
        trial_days=count(record, "trial_period_days", otherwise=0),
        is_active=is_sold,
    )
    return (product, price)


def _item(record: Record, external_id: str) -> SubscriptionItem:
    code = text(record, "currency").upper()
    has_amount = bool(code) and record.get("amount") not in (None, "")
    return SubscriptionItem(
        external_id=external_id,
        price_id=text(record, "product_id"),
        product_id=text(record, "product_id"),
        name=text(record, "product_desc"),
        amount_minor=money(record, "amount", code).minor if has_amount else None,
        currency=code,
        interval=_interval(record),
        interval_count=count(record, "interval_count", otherwise=1),
        quantity=count(record, "quantity", otherwise=1),
    )


def _interval(record: Record) -> Interval:
    word = text(record, "interval")
    if not word:
        return Interval.ONCE
    try:
        return Interval(word)
    except ValueError as error:
        raise PayloadError("interval is day, week, month or year.", parameter="interval") from error


def _status(record: Record) -> SubscriptionStatus:
    word = text(record, "status") or "active"
    if word not in {*STATUSES, UNTOLD}:
        note_unknown("custom", "subscription.status", word)
    return STATUSES.get(word, SubscriptionStatus.UNKNOWN)
