"""What the report and the single objects tell, put together (reference 2.3)."""

import time
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from chargedesk.kit import clock
from chargedesk.kit.ids import new_id
from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind
from gateways.contract import Credentials, Order
from gateways.errors import AlreadyDoneError, InvalidOrderError, PayloadError, UnsupportedError
from gateways.paypal import ADAPTER
from gateways.paypal.mapping.amounts import money_in, paypal_amount
from gateways.paypal.mapping.people import payers
from gateways.paypal.mapping.values import marked
from gateways.paypal.report import rows_between
from gateways.snapshots import (
    ChargeSnapshot,
    ChargeStatus,
    CustomerSnapshot,
    DisputeSnapshot,
    ObjectKind,
    PaymentSnapshot,
    RefundSnapshot,
    SubscriptionSnapshot,
    SubscriptionStatus,
)
from tests.contracts.paypal.harness import PayPalHarness

EARLIER = 6 * 3600


def _listed(paypal: PayPalHarness, kind: ObjectKind) -> dict[str, Any]:
    found: dict[str, Any] = {}
    cursor = ""
    while True:
        page = paypal.adapter.page(paypal.credentials(), kind, cursor=cursor)
        assert page.unreadable == ()
        found |= {each.external_id: each for each in page.snapshots}
        cursor = page.next_cursor
        if not cursor:
            return found


def _read(paypal: PayPalHarness, kind: ObjectKind, external_id: str) -> tuple[Any, ...]:
    return paypal.adapter.read(paypal.credentials(), kind, external_id)


def _early(paypal: PayPalHarness, **wanted: object) -> str:
    """A charge old enough for the report."""
    made = paypal.make("charge", created=int(time.time()) - EARLIER, **wanted)
    return str(made["id"])


def test_list_and_read_show_the_same_charge(paypal: PayPalHarness) -> None:
    charge_id = _early(paypal, amount=5000, custom_id="SHOP-7")
    listed = _listed(paypal, ObjectKind.CHARGE)[charge_id]
    read = _read(paypal, ObjectKind.CHARGE, charge_id)[0]
    assert isinstance(read, ChargeSnapshot)
    for field in (
        *("status", "amount_minor", "captured_minor", "refunded_minor", "currency"),
        *("customer_id", "customer_name", "customer_email", "customer_country"),
        *("fee_minor", "net_minor", "created_at", "metadata"),
    ):
        assert getattr(listed, field) == getattr(read, field), field
    assert read.customer_email == "paula.buyer@example.com"


def test_a_list_shows_what_was_given_back(paypal: PayPalHarness) -> None:
    """Rows of payments do not say it; the rows of refunds do, as far as the report has come."""
    charge_id = _early(paypal, amount=5000)
    paypal.act(charge_id, "dashboard_refund", amount=2000)
    assert _read(paypal, ObjectKind.CHARGE, charge_id)[0].refunded_minor == 2000
    listed = _listed(paypal, ObjectKind.CHARGE)[charge_id]
    assert listed.refunded_minor == 0
    assert listed.as_of < clock.now() - timedelta(minutes=30), "older news than the read"
    paypal.control("settings", **{"paypal.report_lag_s": "0"})
    try:
        listed = _listed(paypal, ObjectKind.CHARGE)[charge_id]
        (refund,) = _listed(paypal, ObjectKind.REFUND).values()
    finally:
        paypal.control("settings", **{"paypal.report_lag_s": "3600"})
    assert listed.refunded_minor == 2000
    assert listed.status is ChargeStatus.PARTIALLY_REFUNDED
    assert (refund.charge_id, refund.amount_minor) == (charge_id, 2000)


def test_before_money_the_disputes_are_read(paypal: PayPalHarness) -> None:
    """M18: "Reading before money means charge, refunds and disputes"."""
    order = paypal.make_order(ActionKind.REFUND)
    paypal.act(order.target_id, "dispute")
    read = paypal.adapter.read_before_money(paypal.credentials(), order)
    assert isinstance(read[0], ChargeSnapshot)
    assert read[0].status is ChargeStatus.DISPUTED
    (dispute,) = (each for each in read if isinstance(each, DisputeSnapshot))
    assert dispute.charge_id == order.target_id
    assert all(each.raw for each in read)


def test_a_list_and_a_read_show_a_dispute(paypal: PayPalHarness) -> None:
    charge_id = _early(paypal, disputed=True)
    assert _listed(paypal, ObjectKind.CHARGE)[charge_id].status is ChargeStatus.DISPUTED
    read = _read(paypal, ObjectKind.CHARGE, charge_id)
    assert read[0].status is ChargeStatus.DISPUTED
    (dispute,) = (each for each in read if isinstance(each, DisputeSnapshot))
    assert dispute.charge_id == charge_id
    paypal.act(dispute.external_id, "close", outcome="RESOLVED_SELLER_FAVOUR")
    assert _read(paypal, ObjectKind.CHARGE, charge_id)[0].status is ChargeStatus.SUCCEEDED


def test_a_payment_without_an_order_is_told_by_the_report(paypal: PayPalHarness) -> None:
    charge_id = _early(paypal, amount=5000, is_bare=True)
    read = _read(paypal, ObjectKind.CHARGE, charge_id)[0]
    assert read.customer_email == "paula.buyer@example.com"
    paypal.act(charge_id, "dashboard_refund", amount=2000)
    paypal.control("settings", **{"paypal.report_lag_s": "0"})
    try:
        read = _read(paypal, ObjectKind.CHARGE, charge_id)
    finally:
        paypal.control("settings", **{"paypal.report_lag_s": "3600"})
    assert read[0].refunded_minor == 2000
    assert [type(each) for each in read] == [ChargeSnapshot, RefundSnapshot, CustomerSnapshot]


def test_payers_come_beside_their_payments(paypal: PayPalHarness) -> None:
    """There is no list of customers: without this a payer would stay a stub without a person."""
    charge_id, now = _early(paypal), clock.now()
    page = paypal.adapter.page(paypal.credentials(), ObjectKind.CHARGE)
    (payer,) = page.beside
    assert isinstance(payer, CustomerSnapshot)
    assert (payer.email, payer.as_of < now) == ("paula.buyer@example.com", True)
    assert payer == _read(paypal, ObjectKind.CHARGE, charge_id)[-1]
    paypal.make("subscription")
    (subscriber,) = paypal.adapter.page(paypal.credentials(), ObjectKind.SUBSCRIPTION).beside
    assert (subscriber.external_id, subscriber.raw) == (payer.external_id, payer.raw)


def test_a_payer_is_as_the_newest_payment_shows(paypal: PayPalHarness) -> None:
    """Whatever is read first: the older payment's picture is older news."""
    _early(paypal, payer={"email": "before.change@example.com"})
    paypal.make(
        "charge",
        created=int(time.time()) - EARLIER + 60,
        payer={"email": "after.change@example.com"},
    )
    page = paypal.adapter.page(paypal.credentials(), ObjectKind.CHARGE)
    (payer,) = page.beside
    assert isinstance(payer, CustomerSnapshot)
    newest, oldest = (each for each in page.snapshots if isinstance(each, ChargeSnapshot))
    assert (payer.email, payer.as_of) == ("after.change@example.com", newest.created_at)
    (earlier,) = payers([oldest])
    assert (earlier.email, earlier.as_of) == ("before.change@example.com", oldest.created_at)


def test_guests_are_no_customers(paypal: PayPalHarness) -> None:
    charge = _read(paypal, ObjectKind.CHARGE, _early(paypal))[0]
    guest = replace(charge, customer_id="guest:paula.buyer@example.com")
    assert payers([guest, replace(charge, customer_email="")]) == ()


def test_a_payment_of_an_older_subscription_is_read_as_a_sale(paypal: PayPalHarness) -> None:
    """Reference 3.2: subscription payments still use v1 names."""
    made = paypal.make("subscription", is_sale=True)
    charges = _listed(paypal, ObjectKind.CHARGE)
    (charge_id,) = (key for key, each in charges.items() if each.subscription_id == made["id"])
    read = _read(paypal, ObjectKind.CHARGE, charge_id)[0]
    assert (read.status, read.subscription_id) == (ChargeStatus.SUCCEEDED, made["id"])


def test_subscriptions_are_found_by_their_payments(paypal: PayPalHarness) -> None:
    """Reference 2.3: ids from report rows (`paypal_reference_id_type` = SUB)."""
    made = paypal.make("subscription")["id"]
    found = _listed(paypal, ObjectKind.SUBSCRIPTION)[made]
    assert isinstance(found, SubscriptionSnapshot)
    assert (found.status, found.amount_minor) == (SubscriptionStatus.ACTIVE, 1900)
    paypal.act(made, "fail_renewal")
    assert _read(paypal, ObjectKind.SUBSCRIPTION, made)[0].status is SubscriptionStatus.PAST_DUE


def test_a_captured_authorization_is_superseded_by_its_capture(paypal: PayPalHarness) -> None:
    """Reference 6.1: the captures are their own charges."""
    order = paypal.make_order(ActionKind.CAPTURE)
    charge, root, payer = _read(paypal, ObjectKind.CHARGE, order.target_id)
    assert isinstance(root, PaymentSnapshot)
    assert isinstance(payer, CustomerSnapshot)
    assert (charge.status, root.capturable_minor) == (ChargeStatus.AUTHORIZED, 9000)
    (step,) = ADAPTER.freeze(order)
    deadline = clock.now() + timedelta(seconds=10)
    outcome = ADAPTER.send(paypal.credentials(), order, step, deadline=deadline)
    taken, held, root_after = outcome.snapshots
    assert isinstance(taken, ChargeSnapshot)
    assert isinstance(held, ChargeSnapshot)
    assert isinstance(root_after, PaymentSnapshot)
    assert (taken.external_id, taken.captured_minor) == (outcome.object_id, 2500)
    assert taken.customer_id == held.customer_id != ""
    assert (held.status, held.captured_minor) == (ChargeStatus.CANCELED, 0)
    assert root_after.capturable_minor == 0


def test_a_refund_that_fails_later_says_so_and_keeps_its_marker(paypal: PayPalHarness) -> None:
    """M16."""
    charge_id = paypal.make("charge", amount=5000, refund_as="PENDING")["id"]
    order = Order(
        action=ActionKind.REFUND,
        intent_id=new_id(),
        target_id=charge_id,
        money=Money.of(1000, "EUR"),
    )
    (step,) = ADAPTER.freeze(order)
    deadline = clock.now() + timedelta(seconds=10)
    outcome = ADAPTER.send(paypal.credentials(), order, step, deadline=deadline)
    assert outcome.state == "pending"
    assert _read(paypal, ObjectKind.CHARGE, charge_id)[0].refunded_minor == 1000, "on its way"
    paypal.act(outcome.object_id, "fail_refund")
    refund, charge, *_ = _read(paypal, ObjectKind.REFUND, outcome.object_id)
    assert (refund.status, refund.marker) == ("failed", order.intent_id)
    assert charge.refunded_minor == 0
    finding = ADAPTER.look_up(paypal.credentials(), order, step)
    assert finding.outcome is not None
    assert finding.outcome.state == "failed"


@pytest.mark.parametrize("action", [ActionKind.CAPTURE, ActionKind.VOID])
def test_what_somebody_else_did_to_a_hold_is_told(
    paypal: PayPalHarness, action: ActionKind
) -> None:
    """M6: settled by state and amount only; otherwise a human reads what is there."""
    order = paypal.make_order(action)
    other = paypal.make_order(ActionKind.CAPTURE)
    paypal.act(order.target_id, "cancel")
    finding = ADAPTER.look_up(paypal.credentials(), order, ADAPTER.freeze(order)[0])
    if action is ActionKind.CAPTURE:
        assert finding.outcome is None
        assert "VOIDED" in finding.seen
    else:
        assert finding.outcome is not None
    keys = paypal.credentials()
    (step,) = ADAPTER.freeze(other)
    ADAPTER.send(keys, other, step, deadline=clock.now() + timedelta(seconds=10))
    wanted = Order(
        action=action,
        intent_id=new_id(),
        target_id=other.target_id,
        money=Money.of(9000, "EUR"),
    )
    finding = ADAPTER.look_up(keys, wanted, ADAPTER.freeze(wanted)[0])
    assert finding.outcome is None
    assert "25.00 EUR" in finding.seen


def test_a_declined_capture_hides_no_other_of_its_amount(paypal: PayPalHarness) -> None:
    """M4, M6: nothing marks a capture; one that took money tells more than one that did not."""
    order, keys = paypal.make_order(ActionKind.CAPTURE), paypal.credentials()
    (step,) = ADAPTER.freeze(order)
    deadline = clock.now() + timedelta(seconds=10)
    declined = ADAPTER.send(keys, order, step, deadline=deadline)
    paypal.act(declined.object_id, "decline")
    again = replace(order, intent_id=new_id())
    (step,) = ADAPTER.freeze(again)
    taken = ADAPTER.send(keys, again, step, deadline=deadline)
    found = ADAPTER.look_up(keys, again, step).outcome
    assert found is not None
    assert (found.object_id, found.state) == (taken.object_id, "succeeded")


def test_what_a_declined_capture_asked_for_is_held_again(paypal: PayPalHarness) -> None:
    """M11: it took nothing, so all of the hold can be captured or given back."""
    held = paypal.make("authorization", amount=9000)["id"]
    order = Order(
        action=ActionKind.CAPTURE,
        intent_id=new_id(),
        target_id=held,
        payment_id=held,
        money=Money.of(9000, "EUR"),
    )
    (step,) = ADAPTER.freeze(order)
    deadline = clock.now() + timedelta(seconds=10)
    taken = ADAPTER.send(paypal.credentials(), order, step, deadline=deadline)
    paypal.act(taken.object_id, "decline")
    root, charge, _payer = _read(paypal, ObjectKind.PAYMENT, held)
    assert (charge.status, root.capturable_minor) == (ChargeStatus.AUTHORIZED, 9000)
    # PayPal's news is about the capture only; reading it shows the hold, too.
    capture, again, root, *_ = _read(paypal, ObjectKind.CHARGE, taken.object_id)
    assert (capture.status, capture.captured_minor) == (ChargeStatus.FAILED, 0)
    assert (again.external_id, again.status) == (held, ChargeStatus.AUTHORIZED)
    assert root.capturable_minor == 9000


def test_what_a_subscription_became_by_itself_is_told(paypal: PayPalHarness) -> None:
    """M6: an expired subscription was not cancelled by anybody."""
    made = paypal.make("subscription", status="EXPIRED")["id"]
    order = Order(action=ActionKind.CANCEL_SUBSCRIPTION, intent_id=new_id(), target_id=made)
    (step,) = ADAPTER.freeze(order)
    deadline = clock.now() + timedelta(seconds=10)
    with pytest.raises(AlreadyDoneError):
        ADAPTER.send(paypal.credentials(), order, step, deadline=deadline)
    finding = ADAPTER.look_up(paypal.credentials(), order, step)
    assert finding.outcome is None
    assert "expired" in finding.seen


def test_a_cancellation_by_somebody_else_carries_no_marker(paypal: PayPalHarness) -> None:
    order = paypal.make_order(ActionKind.CANCEL_SUBSCRIPTION)
    paypal.act(order.target_id, "cancel")
    (step,) = ADAPTER.freeze(order)
    finding = ADAPTER.look_up(paypal.credentials(), order, step)
    assert finding.outcome is not None
    assert not finding.outcome.carries_marker


def test_a_new_sale_has_the_payer_of_its_subscription(paypal: PayPalHarness) -> None:
    """While the report, hours behind, does not show it."""
    now = int(time.time())
    made = paypal.make("subscription", is_sale=True, created=now)["id"]
    paypal.control("settings", **{"paypal.report_lag_s": "0"})
    try:
        charges = _listed(paypal, ObjectKind.CHARGE)
    finally:
        paypal.control("settings", **{"paypal.report_lag_s": "3600"})
    (charge_id,) = (key for key, each in charges.items() if each.subscription_id == made)
    assert _read(paypal, ObjectKind.CHARGE, charge_id)[0].customer_id == "ANYB2DY34567A"


def test_windows_touch_and_never_overlap(httpserver: HTTPServer, credentials: Credentials) -> None:
    """Reference 2.3: at most 31 days at once, three years of history."""
    asked: list[tuple[str, str]] = []

    def answer(request: Request) -> Response:
        asked.append((request.args["start_date"], request.args["end_date"]))
        return Response('{"transaction_details": [], "total_pages": 0}')

    httpserver.expect_request("/v1/reporting/transactions").respond_with_handler(answer)
    now = clock.now()
    assert list(rows_between(credentials, now - timedelta(days=5000), now, {})) == []
    assert len(asked) == 36
    for (start, _), (_, end) in pairwise(asked):
        gap = _seconds(start) - _seconds(end)
        assert gap == 1, "every second is in exactly one window"
    spans = {_seconds(end) - _seconds(start) for start, end in asked}
    assert max(spans) < 31 * 86_400


def test_what_is_new_is_asked_for_with_an_overlap_for_the_lag(
    httpserver: HTTPServer, credentials: Credentials
) -> None:
    """Reference 2.3: rows show up within three hours, so four hours before are read again."""
    asked: list[str] = []

    def answer(request: Request) -> Response:
        asked.append(request.args["start_date"])
        return Response('{"transaction_details": [], "total_pages": 0}')

    httpserver.expect_request("/v1/reporting/transactions").respond_with_handler(answer)
    since = clock.now() - timedelta(hours=1)
    ADAPTER.page(credentials, ObjectKind.REFUND, since=since)
    assert asked
    assert _seconds(min(asked)) == int((since - timedelta(hours=4)).timestamp())


def test_a_window_that_is_too_full_is_halved(
    httpserver: HTTPServer, credentials: Credentials
) -> None:
    """Reference 2.3: more than 10,000 rows is refused with RESULTSET_TOO_LARGE."""
    spans: list[float] = []

    def answer(request: Request) -> Response:
        span = _seconds(request.args["end_date"]) - _seconds(request.args["start_date"])
        if span > 9 * 86_400:
            body = '{"name": "INVALID_REQUEST", "details": [{"issue": "RESULTSET_TOO_LARGE"}]}'
            return Response(body, status=400)
        spans.append(span + 1)
        return Response('{"transaction_details": [], "total_pages": 0}')

    httpserver.expect_request("/v1/reporting/transactions").respond_with_handler(answer)
    now = clock.now()
    assert list(rows_between(credentials, now - timedelta(days=60), now, {})) == []
    assert abs(sum(spans) - 60 * 86_400) <= 2, "all of it, once"


def test_polled_news_come_in_pages_without_loss(paypal: PayPalHarness) -> None:
    made = {paypal.make("charge")["id"] for _ in range(105)}
    since, cursor, seen = clock.now() - timedelta(minutes=5), "", []
    while True:
        page = ADAPTER.events(paypal.credentials(), since=since, cursor=cursor)
        seen += [each.object_id for each in page.events]
        cursor = page.next_cursor
        if not cursor:
            break
    assert len(seen) == len(set(seen))
    assert set(seen) == made


def test_one_bad_row_stops_no_walk(httpserver: HTTPServer, credentials: Credentials) -> None:
    rows = (
        '{"transaction_info": {"transaction_id": "BAD1", "transaction_event_code": "T0006",'
        ' "transaction_status": "S", "transaction_initiation_date": "2026-03-01T12:00:00+0000",'
        ' "transaction_amount": {"value": "1.00", "currency_code": "ZZZ"}}},'
        '{"transaction_info": {"transaction_id": "GOOD1", "transaction_event_code": "T0006",'
        ' "transaction_status": "S", "transaction_initiation_date": "2026-03-01T12:00:00+0000",'
        ' "transaction_amount": {"value": "1.00", "currency_code": "EUR"}}},'
        '{"transaction_info": {"transaction_id": "OUT1", "transaction_event_code": "T0006",'
        ' "transaction_status": "S", "transaction_initiation_date": "2026-03-01T12:00:00+0000",'
        ' "transaction_amount": {"value": "-1.00", "currency_code": "EUR"}}}'
    )
    body = f'{{"transaction_details": [{rows}], "total_pages": 1}}'
    httpserver.expect_request("/v1/reporting/transactions").respond_with_data(body)
    httpserver.expect_request("/v1/customer/disputes").respond_with_data('{"items": []}')
    page = ADAPTER.page(credentials, ObjectKind.CHARGE)
    assert [each.external_id for each in page.snapshots] == ["GOOD1"]
    assert page.unreadable == ("BAD1",)


@pytest.mark.parametrize("code", ["KWD", "ISK", "UGX"])
def test_currencies_that_paypal_does_not_offer_are_refused(code: str) -> None:
    """M13; read they are nevertheless, by ISO's digits."""
    with pytest.raises(InvalidOrderError):
        paypal_amount(Money.of(1000, code))
    whole = Money.of(1000, code)
    assert money_in({"value": whole.plain, "currency_code": code}) == whole


@pytest.mark.parametrize(
    ("value", "code"),
    [("1.5", "JPY"), ("1.005", "EUR"), (1, "EUR"), ("1e3", "EUR"), ("", "EUR"), ("NaN", "EUR")],
)
def test_amounts_that_no_currency_can_hold(value: object, code: str) -> None:
    with pytest.raises(PayloadError):
        money_in({"value": value, "currency_code": code})


def test_forints_with_decimals_are_read_exactly() -> None:
    assert money_in({"value": "1234.00", "currency_code": "HUF"}) == Money.of(123_400, "HUF")


def test_the_marker_fits_the_field_and_nothing_else_is_taken_for_it() -> None:
    """`custom_id` takes letters, digits and -_., only; shops put UUIDs of their own there."""
    text = marked(new_id())
    assert set(text) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert len(text) <= 127


def test_a_subscription_ends_at_once_only() -> None:
    order = Order(
        action=ActionKind.CANCEL_SUBSCRIPTION,
        intent_id=new_id(),
        target_id="I-1",
        at_period_end=True,
    )
    with pytest.raises(UnsupportedError):
        ADAPTER.freeze(order)


def _seconds(text: str) -> float:
    return time.mktime(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))
