"""The dialogs about a subscription: start, change, pause, resume, cancel, give or take a coupon."""

from typing import Any

from django.utils.translation import gettext as _

from chargedesk.actions.details import (
    coupon_choices,
    discounts_of,
    price_choices,
    prorations_of,
)
from chargedesk.kit import clock
from chargedesk.kit.money import Money
from chargedesk.ledger.models import Coupon, GatewayInvoice, Price, Subscription
from chargedesk.sidebar import words
from chargedesk.sidebar.dialog.payments import paid_with, payment_method_field, read_method
from chargedesk.sidebar.dialog.shape import Choice, Draft, Facts, Field, Form, Told
from chargedesk.sidebar.orders import AT_PERIOD_END, NOW, Problems
from gateways.capabilities import ActionKind
from gateways.contract import ChangePreview
from gateways.snapshots import SubscriptionStatus

# What a preview told holds for a while only: taxes, rates and the period itself move on.
_PREVIEW_LIFE_S = 1800
_CHOOSE = ""


# --- Cancel ---
def _cancel(draft: Draft) -> Told:
    return _cancel_now(draft) if draft.typed("when") == NOW else _cancel_later(draft)


def _cancel_now(draft: Draft) -> Told:
    return Told(
        sentences=(
            _("It ends at once. The customer loses access to what is already paid."),
            _unused(draft),
            _("Nothing is refunded by this; refund the last payment separately if you want to."),
            _open_invoice(draft),
        ),
        button=_("Cancel now"),
    )


def _cancel_later(draft: Draft) -> Told:
    end = _subscription(draft).period_end
    values = {"when": draft.day(end) if end else ""}
    return Told(
        sentences=(
            _("It runs until %(when)s and is not charged again.") % values
            if end
            else _("It runs until the end of the paid period and is not charged again."),
            _("Nothing is refunded."),
            _open_invoice(draft),
        ),
        button=_("Cancel on %(when)s") % values if end else _("Cancel at the period's end"),
    )


def _open_invoice(draft: Draft) -> str:
    invoice = GatewayInvoice.objects.filter(
        subscription_id=_subscription(draft).id, status__in=("open", "partially_paid")
    ).first()
    if invoice is None:
        return ""
    return _("Invoice %(number)s over %(amount)s stays open.") % {
        "number": invoice.number or invoice.external_id,
        "amount": draft.money(Money.of(invoice.due_minor, invoice.currency)),
    }


def _unused(draft: Draft) -> str:
    """What the unused rest of the paid period is worth, by the day's share (R10)."""
    each, now = _subscription(draft), clock.now()
    start, end, price = each.period_start, each.period_end, each.amount_minor
    if not (start and end and price) or not start < now < end:
        return ""
    if each.status != SubscriptionStatus.ACTIVE:
        return ""
    share = price * int((end - now).total_seconds()) // int((end - start).total_seconds())
    return _("The unused rest of the period is worth %(amount)s.") % {
        "amount": draft.money(Money.of(share, each.currency))
    }


def _cancel_fields(draft: Draft) -> tuple[Field, ...]:
    offered = draft.subject.seen.target.adapter.capabilities.cancel_subscription
    choices = []
    if offered is None or offered.at_period_end:
        choices.append(
            Choice(AT_PERIOD_END, _("At the end of the paid period"), _("no refund needed"))
        )
    if offered is None or offered.now:
        choices.append(Choice(NOW, _("Now"), _("access ends at once")))
    value = draft.typed("when") or choices[0].value
    return (
        Field(
            name="when",
            label=_("When"),
            kind="radio",
            value=value,
            choices=tuple(choices),
            is_telling=True,
        ),
    )


# --- New ---
def _create(draft: Draft) -> Told:
    if not price_choices(draft.subject.seen.target):
        return Told(sentences=(_("No plan can be chosen: this gateway tells of none."),))
    price, method = _chosen_price(draft), paid_with(draft)
    if price is None or not method:
        return Told(sentences=(_("Choose a plan to see what happens."),))
    quantity, trial = _number(draft, "quantity", 1), _number(draft, "trial_days", 0)
    if quantity is None or trial is None:
        return Told(sentences=(_("Write whole numbers."),))
    values = {
        "price": _price_text(draft, price, quantity),
        "method": method,
        "days": trial,
    }
    first = (
        _("The first %(days)s days are free, then %(price)s is taken from %(method)s.")
        if trial
        else _("%(price)s is taken from %(method)s, the first time at once.")
    )
    discount = _("The coupon lowers that.") if draft.typed("coupon") else ""
    return Told(
        sentences=(first % values, discount, _("It renews by itself until it is cancelled.")),
        button=_("Start at %(price)s") % values,
    )


def _create_fields(draft: Draft) -> tuple[Field, ...]:
    target = draft.subject.seen.target
    offered = target.adapter.capabilities.create_subscription
    fields = [_price_field(draft, price_choices(target), chosen=_CHOOSE)]
    if offered and offered.has_quantity:
        fields.append(_quantity_field(draft, 1))
    if offered and offered.has_trial:
        fields.append(_number_field(draft, "trial_days", _("Free days"), 0))
    coupons = coupon_choices(target) if offered and offered.has_coupon else []
    if coupons:
        fields.append(_coupon_field(draft, coupons, none=_("No coupon")))
    return (*fields, payment_method_field(draft))


def _create_details(draft: Draft, problems: Problems) -> dict[str, Any]:
    price = _read_price(draft, problems)
    return {
        "price": price,
        "quantity": _read_number(draft, problems, "quantity", 1),
        "trial_days": _read_number(draft, problems, "trial_days", 0),
        "coupon": draft.typed("coupon"),
        "payment_method": read_method(draft, problems),
    }


# --- Change ---
def _change(draft: Draft) -> Told:
    if not draft.resolved:
        return Told(sentences=(_("Choose another plan or quantity to see what it costs."),))
    price = _chosen_price(draft)
    quantity = int(draft.resolved["quantity"])
    values = {"price": _price_text(draft, price, quantity) if price else ""}
    hidden = (
        ("proration_at", str(draft.resolved["proration_at"])),
        ("previewed", _wish_text(draft.resolved)),
    )
    sentence = _("From now on it is %(price)s.") % values
    button = _("Change to %(price)s") % values
    if draft.change is None:
        return Told(
            sentences=(
                sentence,
                _("Your own system makes this change, and tells no difference beforehand.")
                if draft.subject.seen.target.is_routed
                else _("This gateway tells no difference beforehand."),
            ),
            button=button,
            hidden=hidden,
        )
    return Told(
        sentences=(sentence, *_what_is_due(draft, draft.change)),
        lines=_preview_lines(draft, draft.change),
        button=_("Change and charge %(amount)s") % {"amount": draft.money(draft.change.due_now)}
        if draft.change.due_now.minor > 0
        else button,
        hidden=hidden,
    )


def _what_is_due(draft: Draft, change: ChangePreview) -> tuple[str, ...]:
    due = {"amount": draft.money(change.due_now)}
    now = (
        _("%(amount)s is charged at once.") % due
        if change.due_now.minor > 0
        else _("Nothing is charged now.")
    )
    if change.next_at is None:
        return (now,)
    following = _("The next invoice, on %(when)s, comes to %(amount)s.") % {
        "when": draft.day(change.next_at),
        "amount": draft.money(change.next_invoice),
    }
    return now, following


def _preview_lines(draft: Draft, change: ChangePreview) -> tuple[tuple[str, str], ...]:
    return tuple((text, draft.money(amount)) for text, amount in change.lines)


def _change_fields(draft: Draft) -> tuple[Field, ...]:
    target, subscription = draft.subject.seen.target, _subscription(draft)
    offered = target.adapter.capabilities.change_subscription
    item = _item(draft)
    fields = []
    if len(subscription.items) > 1:
        fields.append(_item_field(draft))
    prices = [each for each in price_choices(target) if each.currency == subscription.currency]
    fields.append(_price_field(draft, prices, chosen=str(item.get("price_id") or _CHOOSE)))
    if offered is None or offered.has_quantity:
        fields.append(_quantity_field(draft, int(item.get("quantity") or 1)))
    prorate = Field(
        name="prorate",
        label=_("The difference for this period"),
        kind="choice",
        value=draft.typed("prorate", prorations_of(target)[0]),
        choices=_proration_choices(prorations_of(target)),
        is_telling=True,
    )
    return (*fields, prorate)


def _proration_choices(offered: tuple[str, ...]) -> tuple[Choice, ...]:
    known = {
        "next_invoice": _("on the next invoice"),
        "now": _("billed at once"),
        "none": _("not billed"),
    }
    return tuple(Choice(each, known[each]) for each in offered)


def wished_change(draft: Draft) -> dict[str, Any]:
    """The change as far as it is chosen, for the gateway's preview; empty if it is not."""
    item = _item(draft)
    price = draft.typed("price", str(item.get("price_id") or ""))
    quantity = _number(draft, "quantity", int(item.get("quantity") or 1))
    if quantity is None or (price, quantity) == (item.get("price_id"), item.get("quantity")):
        return {}
    return {
        "item": str(item.get("external_id") or ""),
        "price": price,
        "quantity": quantity,
        "prorate": draft.typed("prorate", prorations_of(draft.subject.seen.target)[0]),
    }


def _change_details(draft: Draft, problems: Problems) -> dict[str, Any]:
    wish = wished_change(draft)
    if not wish:
        problems.by_field["price"] = _("Choose another plan or quantity.")
        return {}
    text = draft.typed("proration_at")
    shown = int(text) if text.isascii() and text.isdigit() else 0
    is_fresh = 0 <= clock.now().timestamp() - shown <= _PREVIEW_LIFE_S
    if not is_fresh or draft.typed("previewed") != _wish_text(wish):
        problems.by_field["changed"] = _("Look at what it costs again before you go on.")
    return wish | {"proration_at": shown}


def _wish_text(wish: dict[str, Any]) -> str:
    """What a preview is of; an order of something else must not carry its moment."""
    return " ".join(str(wish[name]) for name in ("item", "price", "quantity", "prorate"))


def _item(draft: Draft) -> dict[str, Any]:
    items: list[dict[str, Any]] = list(_subscription(draft).items)
    wanted = draft.typed("item")
    chosen = (each for each in items if each.get("external_id") == wanted)
    return next(chosen, items[0] if items else {})


def _item_field(draft: Draft) -> Field:
    items = _subscription(draft).items
    return Field(
        name="item",
        label=_("Which line"),
        kind="choice",
        value=draft.typed("item") or str(_item(draft).get("external_id") or ""),
        choices=tuple(
            Choice(str(each.get("external_id") or ""), words.item_names([each])) for each in items
        ),
        is_telling=True,
    )


# --- Pause, resume ---
def _pause(draft: Draft) -> Told:
    return Told(
        sentences=(
            _("Nothing is charged until somebody resumes it."),
            _("What the customer can use meanwhile is up to your own system."),
            _open_invoice(draft),
        ),
        button=_("Pause subscription"),
    )


def _resume(draft: Draft) -> Told:
    each = _subscription(draft)
    price = _own_price(draft)
    if each.period_end and each.period_end > clock.now():
        sentence = _("It is charged again from %(when)s: %(price)s.") % {
            "when": draft.day(each.period_end),
            "price": price,
        }
    else:
        sentence = _("It is charged again: %(price)s.") % {"price": price}
    return Told(sentences=(sentence,), button=_("Resume at %(price)s") % {"price": price})


# --- Coupons ---
def _apply_coupon(draft: Draft) -> Told:
    coupon = _coupon(draft)
    if not coupon_choices(draft.subject.seen.target):
        return Told(sentences=(_("No coupon can be chosen: this gateway tells of none."),))
    if coupon is None:
        return Told(sentences=(_("Choose a coupon to see what happens."),))
    values = {"coupon": words.coupon(coupon, draft.session.language)}
    return Told(
        sentences=(
            _("From the next invoice on: %(coupon)s.") % values,
            _("What is already paid stays as it is."),
        ),
        button=_("Apply %(coupon)s") % values,
    )


def _remove_coupon(draft: Draft) -> Told:
    discounts = discounts_of(draft.subject.seen.target)
    wanted = draft.typed("discount") or (discounts[0]["external_id"] if discounts else "")
    found = next((each for each in discounts if each["external_id"] == wanted), None)
    if found is None:
        return Told(sentences=(_("There is no coupon to remove."),))
    return Told(
        sentences=(
            _("From the next invoice on the customer pays the full price: %(price)s.")
            % {"price": _own_price(draft)},
        ),
        button=_("Remove %(coupon)s") % {"coupon": _discount_name(draft, found)},
    )


def _apply_fields(draft: Draft) -> tuple[Field, ...]:
    coupons = coupon_choices(draft.subject.seen.target)
    return (_coupon_field(draft, coupons, none=_("Choose a coupon")),)


def _apply_details(draft: Draft, problems: Problems) -> dict[str, Any]:
    if _coupon(draft) is None:
        problems.by_field["coupon"] = _("Choose a coupon.")
    return {"coupon": draft.typed("coupon")}


def _remove_fields(draft: Draft) -> tuple[Field, ...]:
    discounts = discounts_of(draft.subject.seen.target)
    return (
        Field(
            name="discount",
            label=_("Coupon"),
            kind="choice",
            value=draft.typed("discount"),
            choices=tuple(
                Choice(each["external_id"], _discount_name(draft, each)) for each in discounts
            ),
            is_telling=True,
        ),
    )


def _remove_details(draft: Draft, _problems: Problems) -> dict[str, Any]:
    return {"discount": draft.typed("discount")}


def _coupon(draft: Draft) -> Coupon | None:
    known = coupon_choices(draft.subject.seen.target)
    return next((each for each in known if each.external_id == draft.typed("coupon")), None)


def _discount_name(draft: Draft, discount: dict[str, str]) -> str:
    coupon = Coupon.objects.filter(
        connection_id=draft.subject.seen.target.connection.id, external_id=discount["coupon_id"]
    ).first()
    return words.coupon(coupon, draft.session.language) if coupon else discount["coupon_id"]


# --- Shared ---
def _facts(draft: Draft) -> Facts:
    each = _subscription(draft)
    facts = [
        (_("Plan"), words.item_names(each.items) or _("Subscription")),
        (_("Price"), _own_price(draft)),
    ]
    if each.period_end and each.period_end > clock.now():
        facts.append((_("Paid until"), draft.day(each.period_end)))
    return facts


def _own_price(draft: Draft) -> str:
    each = _subscription(draft)
    amount = None if each.amount_minor is None else Money.of(each.amount_minor, each.currency)
    return words.price(amount, each.interval, each.interval_count, draft.session.language)


def _price_text(draft: Draft, price: Price, quantity: int) -> str:
    amount = (
        None
        if price.amount_minor is None
        else Money.of(price.amount_minor * quantity, price.currency)
    )
    return words.price(amount, price.interval, price.interval_count, draft.session.language)


def _price_field(draft: Draft, prices: list[Price], *, chosen: str) -> Field:
    choices = [
        Choice(each.external_id, f"{_price_name(each)} · {_price_text(draft, each, 1)}")
        for each in prices
    ]
    if chosen == _CHOOSE:
        choices.insert(0, Choice(_CHOOSE, _("Choose a plan")))
    return Field(
        name="price",
        label=_("Plan"),
        kind="choice",
        value=draft.typed("price", chosen),
        choices=tuple(choices),
        is_telling=True,
    )


def _price_name(price: Price) -> str:
    product = price.product
    return price.name or (product.name if product else "") or price.external_id


def _coupon_field(draft: Draft, coupons: list[Coupon], *, none: str) -> Field:
    language = draft.session.language
    return Field(
        name="coupon",
        label=_("Coupon"),
        kind="choice",
        value=draft.typed("coupon"),
        choices=(
            Choice(_CHOOSE, none),
            *(Choice(each.external_id, words.coupon(each, language)) for each in coupons),
        ),
        is_telling=True,
    )


def _quantity_field(draft: Draft, otherwise: int) -> Field:
    return _number_field(draft, "quantity", _("Quantity"), otherwise)


def _number_field(draft: Draft, name: str, label: str, otherwise: int) -> Field:
    return Field(
        name=name,
        label=label,
        kind="number",
        value=draft.typed(name, str(otherwise)),
        is_telling=True,
        is_short=True,
    )


def _chosen_price(draft: Draft) -> Price | None:
    wanted = draft.resolved.get("price") or draft.typed("price")
    known = price_choices(draft.subject.seen.target)
    return next((each for each in known if each.external_id == wanted), None)


def _read_price(draft: Draft, problems: Problems) -> str:
    price = _chosen_price(draft)
    if price is None:
        problems.by_field["price"] = _("Choose a plan.")
        return ""
    return str(price.external_id)


def _number(draft: Draft, name: str, otherwise: int) -> int | None:
    text = draft.typed(name, str(otherwise))
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else None  # noqa: PLR2004


def _read_number(draft: Draft, problems: Problems, name: str, otherwise: int) -> int:
    number = _number(draft, name, otherwise)
    if number is None:
        problems.by_field[name] = _("Write a whole number.")
    return number or 0


def _subscription(draft: Draft) -> Subscription:
    subscription = draft.subject.thing
    assert isinstance(subscription, Subscription)  # noqa: S101  these actions are about them
    return subscription


FORMS = {
    ActionKind.CREATE_SUBSCRIPTION: Form(
        title=lambda: _("New subscription"),
        told=_create,
        fields=_create_fields,
        details=_create_details,
        needs_reason=False,
    ),
    ActionKind.CHANGE_SUBSCRIPTION: Form(
        title=lambda: _("Change a subscription"),
        told=_change,
        facts=_facts,
        fields=_change_fields,
        details=_change_details,
        needs_reason=False,
        previews=True,
    ),
    ActionKind.PAUSE_SUBSCRIPTION: Form(
        title=lambda: _("Pause a subscription"), told=_pause, facts=_facts, is_dangerous=True
    ),
    ActionKind.RESUME_SUBSCRIPTION: Form(
        title=lambda: _("Resume a subscription"), told=_resume, facts=_facts, needs_reason=False
    ),
    ActionKind.CANCEL_SUBSCRIPTION: Form(
        title=lambda: _("Cancel a subscription"),
        told=_cancel,
        facts=_facts,
        fields=_cancel_fields,
        is_dangerous=True,
    ),
    ActionKind.APPLY_COUPON: Form(
        title=lambda: _("Apply a coupon"),
        told=_apply_coupon,
        facts=_facts,
        fields=_apply_fields,
        details=_apply_details,
        needs_reason=False,
    ),
    ActionKind.REMOVE_COUPON: Form(
        title=lambda: _("Remove a coupon"),
        told=_remove_coupon,
        facts=_facts,
        fields=_remove_fields,
        details=_remove_details,
        is_dangerous=True,
    ),
}
