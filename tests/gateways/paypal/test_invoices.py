"""Invoices are sent and voided; their status tells what became of an order (M6)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chargedesk.kit import clock
from gateways.capabilities import ActionKind
from gateways.contract import Finding, Order, Outcome
from gateways.errors import GatewayError, OutcomeUnknownError, UnavailableError
from gateways.paypal.mapping import Seen, billing
from gateways.paypal.mapping.amounts import money_in
from gateways.snapshots import InvoiceSnapshot, InvoiceStatus, ObjectKind
from tests.contracts.paypal.harness import PayPalHarness
from tests.gateways.paypal.specs import documents


def _send(paypal: PayPalHarness, order: Order) -> Outcome:
    (step,) = paypal.adapter.freeze(order)
    deadline = clock.now() + timedelta(seconds=10)
    return paypal.adapter.send(paypal.credentials(), order, step, deadline=deadline)


def _look_up(paypal: PayPalHarness, order: Order) -> Finding:
    (step,) = paypal.adapter.freeze(order)
    return paypal.adapter.look_up(paypal.credentials(), order, step)


@pytest.mark.parametrize(
    ("action", "status"),
    [
        (ActionKind.SEND_INVOICE, InvoiceStatus.OPEN),
        (ActionKind.VOID_INVOICE, InvoiceStatus.VOID),
    ],
)
def test_the_answer_shows_nothing_so_the_invoice_is_read(
    paypal: PayPalHarness, action: ActionKind, status: InvoiceStatus
) -> None:
    order = paypal.make_order(action)
    (shown,) = _send(paypal, order).snapshots
    assert isinstance(shown, InvoiceSnapshot)
    assert shown.status is status
    read = paypal.adapter.read(paypal.credentials(), ObjectKind.INVOICE, order.target_id)[0]
    assert isinstance(read, InvoiceSnapshot)
    assert read.status is status


@pytest.mark.parametrize(
    ("action", "status", "seen"),
    [
        (ActionKind.VOID_INVOICE, "PAID", True),
        (ActionKind.VOID_INVOICE, "SENT", False),
        (ActionKind.SEND_INVOICE, "CANCELLED", True),
        (ActionKind.SEND_INVOICE, "DRAFT", False),
    ],
)
def test_another_status_is_shown_to_a_person(
    paypal: PayPalHarness,
    action: ActionKind,
    status: str,
    seen: bool,  # noqa: FBT001
) -> None:
    """M7: paid meanwhile is neither voided nor nothing."""
    target = paypal.make("invoice", status=status)["id"]
    finding = _look_up(paypal, replace(paypal.make_order(action), target_id=target))
    assert finding.outcome is None
    assert (status in finding.seen) is seen


@pytest.mark.parametrize(
    ("action", "status"),
    [(ActionKind.SEND_INVOICE, "SENT"), (ActionKind.VOID_INVOICE, "PAID")],
)
def test_what_paypal_refuses_is_final(
    paypal: PayPalHarness, action: ActionKind, status: str
) -> None:
    target = paypal.make("invoice", status=status)["id"]
    with pytest.raises(GatewayError) as caught:
        _send(paypal, replace(paypal.make_order(action), target_id=target))
    assert not isinstance(caught.value, OutcomeUnknownError | UnavailableError)


def test_an_invoice_is_mailed_once(paypal: PayPalHarness) -> None:
    """Only a draft can be sent; a reminder is another call."""
    offered = paypal.adapter.capabilities.send_invoice
    assert offered is not None
    assert not offered.is_repeatable


def test_paypals_own_example_of_a_draft_is_read() -> None:
    """From the published document: whatever else it holds is tolerated."""
    examples = documents()["invoicing_v2.json"]["components"]["examples"]
    drawn = examples["invoice_draft"]["value"]
    found = billing.invoice(drawn, Seen(as_of=clock.now(), raw=b""))
    total = money_in({"currency_code": found.currency, "value": drawn["amount"]["value"]})
    assert (found.status, found.total_minor) == (InvoiceStatus.DRAFT, total.minor)
    assert len(found.lines) == len(drawn["items"])
