"""Everything about one charge that the opened line shows: fee, refunds, invoice, ids."""

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from chargedesk.actions.errors import NoSuchObjectError
from chargedesk.kit import clock
from chargedesk.kit.money import Money
from chargedesk.ledger.models import Charge, Dispute, Refund
from chargedesk.ledger.selectors import TwinFacts, invoice_of, twins_of
from chargedesk.sidebar import formats, words
from chargedesk.sidebar.session import PanelSession
from gateways import registry
from gateways.snapshots import ObjectKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeDetails:
    """Label and text of each fact, and where to find the charge at the gateway."""

    facts: tuple[tuple[str, str], ...]
    gateway: str
    external_id: str
    gateway_url: str
    invoice_url: str
    invoice_number: str
    failure: str
    copy_label: str
    open_label: str
    invoice_label: str


def charge_details(session: PanelSession, charge_id: UUID) -> ChargeDetails:
    """Read one charge for the panel, inside the tenant's scope. NoSuchObjectError."""
    charge = Charge.objects.select_related("connection").filter(pk=charge_id).first()
    if charge is None:
        raise NoSuchObjectError(_("There is no such record."))
    invoice = invoice_of(charge)
    adapter = registry.adapter(charge.connection.provider)
    return ChargeDetails(
        facts=tuple(_facts(session, charge)),
        gateway=charge.connection.label,
        external_id=charge.external_id,
        gateway_url=adapter.object_url(
            ObjectKind.CHARGE,
            charge.external_id,
            is_live=charge.is_live,
            account_id=charge.connection.account_id,
        ),
        invoice_url=(invoice.hosted_url or invoice.pdf_url) if invoice else "",
        invoice_number=invoice.number if invoice else "",
        failure=charge.failure_message,
        copy_label=_("Copy the id"),
        open_label=_("Open at the gateway"),
        invoice_label=_("Invoice"),
    )


def _facts(session: PanelSession, charge: Charge) -> list[tuple[str, str]]:
    language, zone = session.language, session.zone

    def money(minor: int, currency: str) -> str:
        return formats.money(Money.of(minor, currency), language)

    now = clock.now()
    when = formats.moment(charge.occurred_at, now=now, zone=zone, language=language)
    facts = [(_("Date"), when.exact)]
    part_of, paid_through = twins_of([charge.id]).get(charge.id, (None, None))
    if part_of:
        facts.append((_("Part of"), _other(part_of)))
    if paid_through:
        facts.append((_("Paid through"), _other(paid_through)))
    if charge.fee_minor is not None and charge.net_minor is not None:
        unit = charge.settled_currency or charge.currency
        facts += [
            (_("Fee"), money(-charge.fee_minor, unit)),
            (_("Net"), money(charge.net_minor, unit)),
        ]
    for refund in Refund.objects.filter(charge_id=charge.id).order_by("occurred_at"):
        day = formats.local_day(refund.occurred_at, zone=zone, language=language)
        status = words.refund_status(refund.status).text
        amount = money(-refund.amount_minor, refund.currency)
        facts.append((_("Refund"), f"{amount} · {status} · {day}"))
    for dispute in Dispute.objects.filter(charge_id=charge.id).order_by("occurred_at"):
        amount = money(dispute.amount_minor, dispute.currency)
        facts.append((_("Dispute"), f"{amount} · {words.dispute_status(dispute.status)}"))
    return facts


def _other(twin: TwinFacts) -> str:
    return f"{twin.connection_label} · {twin.description or twin.external_id} · {twin.external_id}"
