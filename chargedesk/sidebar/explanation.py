"""Why was I charged? Answered from stored facts only, in the customer's language, to paste."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext as _

from chargedesk.actions.errors import NoSuchObjectError
from chargedesk.kit.money import Money
from chargedesk.ledger.models import Charge, GatewayInvoice, Refund, Subscription
from chargedesk.ledger.selectors import invoice_of, subscription_of
from chargedesk.sidebar import formats, words
from chargedesk.sidebar.session import PanelSession, first_known

TWIN_WINDOW = timedelta(hours=24)
_PAID = ("succeeded", "partially_refunded", "refunded", "disputed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Sentences in the customer's `language`; headings and buttons in the agent's.

    `is_known` is false where the stored facts do not tell the reason; then a sentence says so.
    """

    sentences: tuple[str, ...]
    language: str
    is_known: bool
    labels: dict[str, str]

    @property
    def text(self) -> str:
        """All sentences, as one paragraph each line."""
        return "\n".join(self.sentences)


def explained(session: PanelSession, charge_id: UUID, *, language: str = "") -> Explanation:
    """Explain a charge, inside the tenant's scope. NoSuchObjectError."""
    charge = Charge.objects.select_related("gateway_customer", "root").filter(pk=charge_id).first()
    if charge is None:
        raise NoSuchObjectError(_("There is no such record."))
    spoken = first_known(
        language,
        session.bearer.ticket_language,
        charge.gateway_customer.language if charge.gateway_customer else "",
        session.tenant_language,
    )
    labels = {
        "title": _("Why was I charged?"),
        "copy": _("Copy as reply"),
        "insert": _("Insert into reply"),
        "language": _("Language of the text"),
    }
    with translation.override(spoken):
        story = _Story(session, charge, spoken)
        reason = story.reason()
        told = [story.what(), reason or story.unknown(), *story.around()]
    return Explanation(
        sentences=tuple(filter(None, told)),
        language=spoken,
        is_known=bool(reason),
        labels=labels,
    )


class _Story:
    """The sentences about one charge; each is built from one or two stored columns."""

    def __init__(self, session: PanelSession, charge: Charge, language: str) -> None:
        self.charge = charge
        self.language = language
        self.zone = session.zone
        self.invoice = invoice_of(charge)
        self.subscription = subscription_of(charge)

    def what(self) -> str:
        values = {
            "amount": self._money(self.charge.amount_minor),
            "when": self._day(self.charge.occurred_at),
            "method": words.method(self.charge),
        }
        if self.charge.status == "authorized":
            return _("%(amount)s was reserved on your %(method)s on %(when)s.") % values
        if self.charge.status in ("failed", "canceled"):
            return _("A payment of %(amount)s was tried with your %(method)s on %(when)s.") % values
        return _("%(amount)s was charged to your %(method)s on %(when)s.") % values

    def reason(self) -> str:
        """The one sentence that answers the question; empty if no stored fact does."""
        if self.charge.status == "authorized":
            return _(
                "This is no charge yet: the amount is only held, and vanishes within about seven "
                "days if it is not collected."
            )
        if self.charge.status in ("failed", "canceled"):
            return _("No money was taken: the payment did not go through.")
        if self.invoice and self.subscription:
            return self._of_subscription(self.invoice, self.subscription)
        if self.charge.description:
            return _("It was for: %(what)s.") % {"what": self.charge.description}
        return ""

    def unknown(self) -> str:
        return _("Our records do not say what it was for; we are looking into it.")

    def around(self) -> list[str]:
        sentences = [self._twin(), *self._refunds()]
        if self.charge.statement_descriptor:
            text = _("On your statement it appears as “%(descriptor)s”.")
            sentences.append(text % {"descriptor": self.charge.statement_descriptor})
        sentences.append(self._next())
        return sentences

    def _of_subscription(self, invoice: GatewayInvoice, subscription: Subscription) -> str:
        values = {
            "plan": words.item_names(subscription.items) or _("your subscription"),
            "start": self._day(invoice.period_start or self.charge.occurred_at),
            "end": self._day(
                subscription.period_end or invoice.period_end or self.charge.occurred_at
            ),
        }
        trial = subscription.trial_end
        if (
            trial
            and invoice.billing_reason == "subscription_cycle"
            and abs(trial - self.charge.occurred_at) < timedelta(days=3)
        ):
            return _("Your free trial of %(plan)s ended, and the paid plan began.") % values
        texts = {
            "subscription_create": _("It is the first payment for %(plan)s."),
            "subscription_cycle": _("It is the regular renewal of %(plan)s."),
            "subscription_update": _(
                "It is the difference for a change of your plan to %(plan)s, counted by the day."
            ),
        }
        return texts.get(invoice.billing_reason, _("It belongs to %(plan)s.")) % values

    def _twin(self) -> str:
        twin = _twin_of(self.charge)
        if twin is None:
            return ""
        return _(
            "There is a second payment of the same amount on %(when)s (%(id)s); it may be a "
            "duplicate."
        ) % {"when": self._day(twin.occurred_at), "id": twin.external_id}

    def _refunds(self) -> list[str]:
        sentences = []
        for refund in Refund.objects.filter(charge_id=self.charge.id).order_by("occurred_at"):
            values = {
                "amount": self._money(refund.amount_minor),
                "when": self._day(refund.occurred_at),
            }
            if refund.status == "succeeded":
                text = _(
                    "%(amount)s was sent back on %(when)s; banks show it after 5 to 10 business "
                    "days."
                )
            elif refund.status == "pending":
                text = _("%(amount)s is on its way back since %(when)s.")
            else:
                continue
            sentences.append(text % values)
        return sentences

    def _next(self) -> str:
        each = self.subscription
        if each is None or each.period_end is None or each.status not in ("active", "trialing"):
            return ""
        values = {"when": self._day(each.period_end)}
        if each.cancels_at_period_end or each.cancel_at:
            text = _("The subscription ends on %(when)s; nothing more will be charged.")
            return text % {"when": self._day(each.cancel_at or each.period_end)}
        return _("The next payment is due on %(when)s.") % values

    def _money(self, minor: int) -> str:
        return formats.money(Money.of(minor, self.charge.currency), self.language)

    def _day(self, when: object) -> str:
        return formats.local_day(when, zone=self.zone, language=self.language)  # type: ignore[arg-type]


def _twin_of(charge: Charge) -> Charge | None:
    if charge.status not in _PAID or charge.gateway_customer_id is None:
        return None
    near = Charge.objects.filter(
        gateway_customer_id=charge.gateway_customer_id,
        amount_minor=charge.amount_minor,
        currency=charge.currency,
        status__in=("succeeded", "partially_refunded"),
        # The other record of a purchase known twice is no second payment.
        is_shadow=False,
        occurred_at__gt=charge.occurred_at - TWIN_WINDOW,
        occurred_at__lt=charge.occurred_at + TWIN_WINDOW,
    )
    return near.exclude(root_id=charge.root_id).order_by("occurred_at").first()
