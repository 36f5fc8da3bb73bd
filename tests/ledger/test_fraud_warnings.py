"""Warnings of fraud hang on their charge, whichever comes first, and touch no money (S3, M14)."""

from collections.abc import Sequence

import pytest

from chargedesk.ledger.models import Charge, FraudWarning, MoneyRoot
from chargedesk.ledger.selectors import ChargeFacts, charge_detail
from chargedesk.ledger.services import record_charges, record_disputes, record_snapshots
from chargedesk.tenants.models import Connection
from gateways.snapshots import AnySnapshot, ChargeStatus
from tests.ledger import pictures
from tests.ledger.pictures import at


def facts() -> ChargeFacts:
    """What readers are told of the one charge."""
    found = charge_detail(Charge.objects.get(external_id="ch_1").id)
    assert found
    return found


@pytest.mark.parametrize(
    "arriving",
    [
        [pictures.charge(), pictures.fraud_warning()],
        [pictures.fraud_warning(), pictures.charge()],
        [pictures.fraud_warning(), pictures.charge(), pictures.fraud_warning()],
    ],
    ids=["after its charge", "before its charge", "twice"],
)
def test_a_warning_finds_its_charge(
    connection: Connection, arriving: Sequence[AnySnapshot]
) -> None:
    for each in arriving:
        record_snapshots(connection, [each])
    (warning,) = facts().fraud_warnings
    assert (warning.external_id, warning.reason) == ("issfr_1", "unauthorized_use_of_card")
    assert facts().can_avoid_dispute


def test_older_news_of_a_warning_is_ignored(connection: Connection) -> None:
    over = pictures.fraud_warning(is_actionable=False, as_of=at(5))
    record_snapshots(connection, [pictures.charge(), over])
    assert record_snapshots(connection, [pictures.fraud_warning()]).ignored == 1
    assert not facts().can_avoid_dispute


def test_two_pictures_of_one_moment_are_read_again(connection: Connection) -> None:
    record_snapshots(connection, [pictures.fraud_warning()])
    recorded = record_snapshots(connection, [pictures.fraud_warning(is_actionable=False)])
    assert recorded.ties == ("issfr_1",)


def test_a_warning_touches_neither_money_nor_its_version(connection: Connection) -> None:
    record_charges(connection, [pictures.charge()])
    before = MoneyRoot.objects.values().get()
    record_snapshots(connection, [pictures.fraud_warning()])
    assert MoneyRoot.objects.values().get() == before


def test_our_own_refund_ends_it_before_the_provider_says_so(connection: Connection) -> None:
    record_snapshots(connection, [pictures.charge(), pictures.fraud_warning()])
    partly = pictures.charge(
        status=ChargeStatus.PARTIALLY_REFUNDED, refunded_minor=100, as_of=at(1)
    )
    record_charges(connection, [partly])
    assert facts().can_avoid_dispute
    whole = pictures.charge(status=ChargeStatus.REFUNDED, refunded_minor=5000, as_of=at(2))
    record_charges(connection, [whole])
    assert not facts().can_avoid_dispute
    assert FraudWarning.objects.get().is_actionable


def test_a_dispute_ends_it(connection: Connection) -> None:
    record_snapshots(connection, [pictures.charge(), pictures.fraud_warning()])
    record_disputes(connection, [pictures.dispute()])
    assert not facts().can_avoid_dispute


def test_a_warning_at_the_gateway_behind_a_shop_is_told_of_the_shops_charge(
    connection: Connection,
) -> None:
    inner = pictures.charge("ch_9", payment_id="pi_9")
    record_snapshots(connection, [pictures.charge(), inner])
    record_snapshots(connection, [pictures.fraud_warning(charge_id="ch_9")])
    assert facts().fraud_warnings == ()
    outer = MoneyRoot.objects.get(external_id="pi_1")
    MoneyRoot.objects.filter(external_id="pi_9").update(parent=outer)
    Charge.objects.filter(external_id="ch_1").update(paid_through="stripe:ch_9")
    assert [each.external_id for each in facts().fraud_warnings] == ["issfr_1"]
