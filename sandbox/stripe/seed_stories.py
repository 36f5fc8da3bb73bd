"""Writes what happened to the customers of the demo inbox."""

from collections.abc import Callable

from sandbox.seed.stories import Story
from sandbox.stripe import disputes, fraud_warnings, refund_life, shapes
from sandbox.stripe.history import DAY, HOUR, Historian, Term, months_later
from sandbox.stripe.seed_catalog import Catalog
from sandbox.wire import Json

MINUTE = 60
Writer = Callable[[Historian, Catalog, Json], None]


def write_story(book: Historian, catalog: Catalog, story: Story) -> None:
    """Write one customer and what happened to them."""
    address = {**shapes.NO_ADDRESS, "country": story.country}
    person = shapes.Person(
        story.name,
        story.email,
        address=address,
        locales=(story.locale,),
        description=story.what,
        metadata={"story": story.slug},
    )
    who = book.customer(person, book.now - 400 * DAY)
    WRITERS[story.slug](book, catalog, who)
    book.ctx.shelf.save("customer", who)


def _double_charge(book: Historian, _catalog: Catalog, who: Json) -> None:
    moment = book.now - DAY
    book.pay(who, 4900, "eur", moment, text="Order #48213")
    book.pay(who, 4900, "eur", moment + 2 * MINUTE, text="Order #48213")


def _open_dispute(book: Historian, _catalog: Catalog, who: Json) -> None:
    paid = book.pay(who, 12900, "eur", book.now - 20 * DAY, text="Noise cancelling headset")
    moment = book.now - 8 * DAY
    body = disputes.open_dispute(
        book.moved_to(moment), paid.charge, disputes.Complaint(moment, "fraudulent")
    )
    book.event("charge.dispute.created", body, moment)
    book.pay(who, 2400, "eur", book.now - 90 * DAY, text="Cable set")


def _yen(book: Historian, _catalog: Catalog, who: Json) -> None:
    book.pay(who, 12800, "jpy", book.now - 6 * DAY, text="Workshop ticket, Osaka")
    book.pay(who, 3200, "jpy", book.now - 40 * DAY, text="Handbook")


def _dinar(book: Historian, _catalog: Catalog, who: Json) -> None:
    book.pay(who, 18750, "kwd", book.now - 3 * DAY, text="Studio lamp")


def _failed_renewal(book: Historian, catalog: Catalog, who: Json) -> None:
    start = months_later(book.now - 2 * DAY, -7)
    book.subscribe(who, Term(catalog.price("Team", "month", "eur"), start, "past_due"))


def _trial_converted(book: Historian, catalog: Catalog, who: Json) -> None:
    price = catalog.price("Business", "month", "eur")
    book.subscribe(who, Term(price, book.now - 16 * DAY, trial_days=14))


def _two_accounts(book: Historian, catalog: Catalog, who: Json) -> None:
    currency = "usd" if book.ctx.call.identity.account.endswith("_us") else "gbp"
    book.pay(who, 5900, currency, book.now - 5 * DAY, text="Desk stand")
    start = months_later(book.now - 10 * DAY, -4)
    book.subscribe(who, Term(catalog.price("Starter", "month", currency), start))


def _authorized(book: Historian, _catalog: Catalog, who: Json) -> None:
    book.pay(who, 24000, "eur", book.now - 2 * DAY, text="Rental deposit", outcome="uncaptured")


def _refunded(book: Historian, _catalog: Catalog, who: Json) -> None:
    paid = book.pay(who, 7900, "eur", book.now - 12 * DAY, text="Winter jacket")
    give_back(book, paid.charge, 7900, book.now - 3 * DAY)


def _ending_soon(book: Historian, catalog: Catalog, who: Json) -> None:
    start = months_later(book.now + 5 * DAY, -12)
    book.subscribe(who, Term(catalog.price("Team", "year", "gbp"), start, ends_early=True))


def _part_refunded(book: Historian, _catalog: Catalog, who: Json) -> None:
    paid = book.pay(who, 15600, "eur", book.now - 9 * DAY, text="Two chairs")
    give_back(book, paid.charge, 5200, book.now - 4 * DAY)


def _pending_refund(book: Historian, _catalog: Catalog, who: Json) -> None:
    book.sepa(who)
    paid = book.pay(who, 8400, "eur", book.now - 15 * DAY, text="Coffee machine service")
    give_back(book, paid.charge, 8400, book.now - DAY, how="pending")


def _discount_ended(book: Historian, catalog: Catalog, who: Json) -> None:
    start = months_later(book.now - DAY, -1)
    price = catalog.price("Team", "month", "eur")
    book.subscribe(who, Term(price, start, coupon="WELCOME20"))


def _krona(book: Historian, _catalog: Catalog, who: Json) -> None:
    book.pay(who, 990000, "isk", book.now - 7 * DAY, text="Wool blanket")


def _declined(book: Historian, _catalog: Catalog, who: Json) -> None:
    for hours in (30, 29, 5):
        book.pay(who, 3900, "eur", book.now - hours * HOUR, text="Order #48301", outcome="failed")


def _annual_surprise(book: Historian, catalog: Catalog, who: Json) -> None:
    start = months_later(book.now - 3 * DAY, -12)
    book.subscribe(who, Term(catalog.price("Team", "year", "usd"), start))


def _lost_dispute(book: Historian, _catalog: Catalog, who: Json) -> None:
    paid = book.pay(who, 8900, "usd", book.now - 80 * DAY, text="Standing desk mat")
    moment = book.now - 60 * DAY
    ctx = book.moved_to(moment)
    body = disputes.open_dispute(
        ctx, paid.charge, disputes.Complaint(moment, "product_not_received")
    )
    disputes.close_dispute_as(book.moved_to(book.now - 20 * DAY), body, "lost")


def _fraud_warning(book: Historian, _catalog: Catalog, who: Json) -> None:
    paid = book.pay(who, 21900, "eur", book.now - 6 * DAY, text="Camera lens")
    moment = book.now - DAY
    body = fraud_warnings.warn_of_fraud(
        book.moved_to(moment), paid.charge, "unauthorized_use_of_card"
    )
    book.event("radar.early_fraud_warning.created", body, moment)
    book.pay(who, 3900, "eur", book.now - 70 * DAY, text="Tripod")


def give_back(
    book: Historian, charge: Json, amount: int, moment: int, *, how: str = "succeeded"
) -> None:
    """Write a refund of the past."""
    back = shapes.Reversal(amount, moment, reason="requested_by_customer")
    body = refund_life.record_refund(book.moved_to(moment), charge, back, how)
    book.event("refund.created", body, moment)
    book.event("charge.refunded", charge, moment)


WRITERS: dict[str, Writer] = {
    "double_charge": _double_charge,
    "open_dispute": _open_dispute,
    "yen": _yen,
    "dinar": _dinar,
    "failed_renewal": _failed_renewal,
    "trial_converted": _trial_converted,
    "two_accounts": _two_accounts,
    "authorized": _authorized,
    "refunded": _refunded,
    "ending_soon": _ending_soon,
    "part_refunded": _part_refunded,
    "pending_refund": _pending_refund,
    "discount_ended": _discount_ended,
    "krona": _krona,
    "declined": _declined,
    "annual_surprise": _annual_surprise,
    "lost_dispute": _lost_dispute,
    "fraud_warning": _fraud_warning,
}
