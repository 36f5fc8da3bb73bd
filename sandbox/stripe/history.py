"""Writes a past into an account: customers, cards, purchases, subscriptions with their invoices."""

import random
import string
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from sandbox.jobs import schedule
from sandbox.stripe import billing_shapes, shapes
from sandbox.stripe.context import PROVIDER, Context, event_body
from sandbox.stripe.ledger import Paid, book_charge, record_payment
from sandbox.wire import Json

ALPHABET = string.ascii_letters + string.digits
HOUR, DAY = 3600, 24 * 3600
EVENTS_KEPT = 30 * DAY
BRANDS = ("visa", "visa", "visa", "mastercard", "mastercard", "amex")
DECLINES = (
    ("card_declined", "insufficient_funds", "Your card has insufficient funds."),
    ("card_declined", "generic_decline", "Your card was declined."),
    ("card_declined", "do_not_honor", "Your card was declined."),
    ("expired_card", "expired_card", "Your card has expired."),
    ("incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect."),
)
DESCRIPTORS = {"acct_aurora_us": "AURORA LABS US", "acct_brightpath": "BRIGHTPATH STUDIO"}


def id_maker(rng: random.Random) -> Callable[[str], str]:
    """Make ids that are the same at every start from the same seed."""
    return lambda prefix: prefix + "".join(rng.choices(ALPHABET, k=24))


def months_later(moment: int, months: int) -> int:
    """Step whole calendar months; the 29th to 31st become the 28th."""
    start = datetime.fromtimestamp(moment, UTC)
    total = start.year * 12 + start.month - 1 + months
    year, month = divmod(total, 12)
    return int(start.replace(year=year, month=month + 1, day=min(start.day, 28)).timestamp())


@dataclass(frozen=True)
class Term:
    """A subscription to be written: when it began and how it stands."""

    price: Json
    start: int
    status: str = "active"
    trial_days: int = 0
    ends_early: bool = False
    ended_at: int | None = None
    coupon: str | None = None


@dataclass
class Historian:
    """Writes into one account; everything it makes up comes from one seeded generator."""

    ctx: Context
    rng: random.Random
    methods: dict[str, shapes.Method] = field(default_factory=dict)
    orders: int = 1000

    @property
    def now(self) -> int:
        """The moment the history ends."""
        return self.ctx.now

    def customer(self, person: shapes.Person, created: int) -> Json:
        """Write a customer with a card."""
        body = shapes.customer(
            self.ctx.new_id("cus_")[:18], created, person, livemode=self.ctx.livemode
        )
        method = self._card(person)
        self._keep_method(method, body, created)
        self.ctx.shelf.add("customer", body)
        self.event("customer.created", body, created)
        return body

    def add_card(self, who: Json) -> None:
        """Let a customer pay with a new card from now on."""
        card = self._card(shapes.Person(who["name"], who["email"], address=who["address"]))
        self._keep_method(card, who, self.now)

    def sepa(self, who: Json) -> shapes.Method:
        """Let a customer pay by SEPA debit from now on."""
        method = shapes.Method(
            self.ctx.new_id("pm_1"),
            None,
            str(self.rng.randint(1000, 9999)),
            "DE",
            fingerprint="".join(self.rng.choices(ALPHABET, k=16)),
        )
        self._keep_method(method, who, who["created"])
        self.ctx.shelf.save("customer", who)
        return method

    def _card(self, person: shapes.Person) -> shapes.Method:
        return shapes.Method(
            self.ctx.new_id("pm_1"),
            self.rng.choice(BRANDS),
            f"{self.rng.randint(0, 9999):04d}",
            (person.address or {}).get("country") or "US",
            self.rng.randint(1, 12),
            2027 + self.rng.randint(0, 4),
            "".join(self.rng.choices(ALPHABET, k=16)),
            self.rng.choice(("credit", "debit")),
        )

    def _keep_method(self, method: shapes.Method, who: Json, created: int) -> None:
        self.methods[who["id"]] = method
        who["invoice_settings"]["default_payment_method"] = method.id
        body = shapes.payment_method(method, created, who, livemode=self.ctx.livemode)
        self.ctx.shelf.add("payment_method", body)

    def pay(
        self,
        who: Json,
        amount: int,
        currency: str,
        created: int,
        *,
        text: str | None = None,
        outcome: str = "succeeded",
    ) -> Paid:
        """Write a purchase."""
        self.orders += 1
        pay = shapes.Payment(
            amount,
            currency,
            created,
            self.methods[who["id"]],
            outcome,
            text or f"Order #{self.orders}",
            DESCRIPTORS.get(self.ctx.call.identity.account, "AURORA LABS"),
            self.rng.choice(DECLINES) if outcome == "failed" else None,
            {"order": str(self.orders)},
        )
        paid = record_payment(self.ctx, pay, who)
        self._payment_events(paid)
        return paid

    def _payment_events(self, paid: Paid) -> None:
        charge = paid.charge
        names = {"failed": "charge.failed", "pending": "charge.pending"}
        self.event(names.get(charge["status"], "charge.succeeded"), charge, charge["created"])
        if paid.intent and charge["captured"]:
            self.event("payment_intent.succeeded", paid.intent, charge["created"])

    def retry(self, who: Json, paid: Paid, days: int) -> None:
        """Let a failed purchase succeed some days later, as a second charge of the same intent."""
        intent, failed = paid.intent, paid.charge
        if intent is None:
            return
        pay = shapes.Payment(
            failed["amount"],
            failed["currency"],
            failed["created"] + days * DAY,
            self.methods[who["id"]],
            "succeeded",
            failed["description"],
            failed["calculated_statement_descriptor"],
            metadata=failed["metadata"],
        )
        charge = shapes.charge(
            self.ctx.new_id("ch_3"), intent["id"], pay, who, livemode=self.ctx.livemode
        )
        book_charge(self.ctx, charge, pay.created)
        self.ctx.shelf.add("charge", charge)
        intent.update(
            status="succeeded",
            amount_received=pay.amount,
            latest_charge=charge["id"],
            last_payment_error=None,
            payment_method=pay.method.id,
        )
        self.ctx.shelf.save("payment_intent", intent)
        self._payment_events(Paid(charge, intent))

    def subscribe(self, who: Json, term: Term) -> Json:
        """Write a subscription with one invoice for each period that has begun."""
        step = 12 if term.price["recurring"]["interval"] == "year" else 1
        first = term.start + term.trial_days * DAY
        begun = self._begun(term, first, step)
        period = (months_later(first, step * (begun - 1)), months_later(first, step * begun))
        if begun == 0:
            period = (term.start, first)
        deal = billing_shapes.Contract(
            who["id"],
            term.price,
            term.start,
            *period,
            term.status,
            trial_end=first if term.trial_days else None,
            method=self.methods[who["id"]].id,
        )
        body = billing_shapes.subscription(
            self.ctx.new_id("sub_1"), self.ctx.new_id("si_"), deal, livemode=self.ctx.livemode
        )
        self._discount(body, term)
        for number in range(begun):
            period = (months_later(first, step * number), months_later(first, step * (number + 1)))
            status = self._bill_status(term, is_last=number == begun - 1)
            body["latest_invoice"] = self.bill(who, body, period, status, is_first=number == 0)
        who["delinquent"] = who["delinquent"] or term.status in {"past_due", "unpaid"}
        self._endings(body, term)
        schedule_renewal(self.ctx, body)
        self.ctx.shelf.add("subscription", body)
        self.event("customer.subscription.created", body, body["created"])
        return body

    def _begun(self, term: Term, first: int, step: int) -> int:
        if term.status in {"trialing", "incomplete_expired", "paused"} and term.trial_days:
            return 0
        until, begun = term.ended_at or self.now, 0
        while months_later(first, step * begun) < until:
            begun += 1
        return begun

    def _discount(self, body: Json, term: Term) -> None:
        if term.coupon is None:
            return
        part = billing_shapes.discount(self.ctx.new_id("di_1"), term.start, term.coupon, body)
        self.ctx.shelf.add("discount", part)
        body["discounts"] = [part["id"]]

    def _bill_status(self, term: Term, *, is_last: bool) -> str:
        unpaid = {"past_due": "open", "incomplete": "open", "unpaid": "open"}
        if is_last and term.status in unpaid:
            return unpaid[term.status]
        if is_last and term.status == "canceled" and self.rng.random() < 0.2:  # noqa: PLR2004
            return "uncollectible"
        return "paid"

    def bill(
        self, who: Json, subscription: Json, period: tuple[int, int], status: str, *, is_first: bool
    ) -> str:
        """Write one invoice with its payment; answers its id."""
        price = subscription["items"]["data"][0]["price"]
        discount = price["unit_amount"] // 5 if is_first and subscription["discounts"] else 0
        bill = billing_shapes.Bill(
            period[0],
            f"{who['invoice_prefix']}-{who['next_invoice_sequence']:04d}",
            who,
            subscription,
            period,
            status,
            "subscription_create" if is_first else "subscription_cycle",
            discount,
            subscription["discounts"][0] if discount else None,
            1 if status == "paid" else 3,
            f"1 x {price['nickname']}",
        )
        body = billing_shapes.invoice(
            self.ctx.new_id("in_1"), self.ctx.new_id("il_1"), bill, livemode=self.ctx.livemode
        )
        who["next_invoice_sequence"] += 1
        text = "Subscription creation" if is_first else "Subscription update"
        paid = self.pay(
            who,
            body["total"],
            body["currency"],
            min(period[0] + HOUR, self.now),
            text=text,
            outcome="succeeded" if status == "paid" else "failed",
        )
        if paid.intent:
            link = billing_shapes.invoice_payment(
                self.ctx.new_id("inpay_1"), body, paid.intent["id"], livemode=self.ctx.livemode
            )
            self.ctx.shelf.add("invoice_payment", link)
        self.ctx.shelf.add("invoice", body)
        name = "invoice.paid" if status == "paid" else "invoice.payment_failed"
        self.event(name, body, body["created"] + HOUR)
        return str(body["id"])

    def _endings(self, body: Json, term: Term) -> None:
        end = body["items"]["data"][0]["current_period_end"]
        if term.ends_early:
            body.update(cancel_at=end, cancel_at_period_end=True, canceled_at=self.now - DAY)
            body["cancellation_details"] = {
                "comment": None,
                "feedback": self.rng.choice(["unused", "too_expensive", None]),
                "reason": "cancellation_requested",
            }
            schedule(
                self.ctx.call.db,
                provider=PROVIDER,
                shelf=self.ctx.shelf.name,
                due=end,
                name="end_subscription",
                object_id=body["id"],
            )
        if term.status in {"canceled", "incomplete_expired"}:
            ended = min(term.ended_at or self.now, self.now)
            body.update(canceled_at=ended, ended_at=ended)
            reason = "payment_failed" if term.status != "canceled" else "cancellation_requested"
            body["cancellation_details"] = {"comment": None, "feedback": None, "reason": reason}

    def event(self, kind: str, about: Json, when: int) -> None:
        """Record an event of the last 30 days; older ones are gone at Stripe too.

        Outside a seed the event happens now, and endpoints hear of it.
        """
        if not self.ctx.silent:
            self.ctx.emit(kind, about)
            return
        if self.now - EVENTS_KEPT < when <= self.now:
            body = event_body(self.ctx, kind, about, None)
            self.ctx.shelf.add("event", {**body, "created": when})

    def moved_to(self, moment: int) -> Context:
        """Give a context whose time is a moment of the past."""
        return replace(self.ctx, call=replace(self.ctx.call, now=float(moment)))


def schedule_renewal(ctx: Context, subscription: Json) -> None:
    """Let a living subscription renew when its period ends."""
    if subscription["status"] in {"active", "trialing"} and not subscription["cancel_at"]:
        end = subscription["items"]["data"][0]["current_period_end"]
        schedule(
            ctx.call.db,
            provider=PROVIDER,
            shelf=ctx.shelf.name,
            due=end,
            name="renew_subscription",
            object_id=subscription["id"],
        )
