"""The refund and dispute doors: root sums, markers and holds (M11), whatever comes first."""

from uuid import UUID

import pytest

from chargedesk.kit import ids
from chargedesk.kit.money import Money
from chargedesk.ledger.locking import (
    available,
    locked_root,
    place_hold,
    release_hold,
    totals_agree,
)
from chargedesk.ledger.models import Dispute, Hold, MoneyRoot, Refund
from chargedesk.ledger.models.mirrored import mirrored_id
from chargedesk.ledger.services import record_charges, record_disputes, record_refunds
from chargedesk.tenants.models import Connection
from gateways.snapshots import DisputeStatus, RefundStatus
from tests.ledger import pictures
from tests.ledger.pictures import at


def root_of(connection: Connection) -> MoneyRoot:
    return locked_root(mirrored_id(connection.id, "root", "pi_1"))


def test_a_refund_arrives_before_its_charge(connection: Connection) -> None:
    record_refunds(connection, [pictures.refund()])
    record_charges(connection, [pictures.charge(refunded_minor=1000)])

    root = root_of(connection)
    assert (root.captured_minor, root.refunds_minor) == (5000, 1000)
    assert totals_agree(root)
    assert str(available(root)) == "40.00 EUR"


def test_a_refund_known_by_its_charge_alone_finds_the_payment(connection: Connection) -> None:
    record_charges(connection, [pictures.charge()])

    record_refunds(connection, [pictures.refund(payment_id="")])

    assert Refund.objects.get().root_id == root_of(connection).id


def test_a_refund_known_by_its_charge_alone_follows_it_later(connection: Connection) -> None:
    record_refunds(connection, [pictures.refund(payment_id="")])
    record_disputes(connection, [pictures.dispute(payment_id="")])

    record_charges(connection, [pictures.charge()])

    root = root_of(connection)
    assert Refund.objects.get().root_id == Dispute.objects.get().root_id == root.id
    assert root.refunds_minor == 1000
    other = MoneyRoot.objects.exclude(id=root.id).get()
    assert (other.refunds_minor, other.captured_minor) == (0, 0)


@pytest.mark.parametrize(
    ("status", "counted"),
    [
        (RefundStatus.PENDING, 1000),
        (RefundStatus.SUCCEEDED, 1000),
        (RefundStatus.UNKNOWN, 1000),
        (RefundStatus.FAILED, 0),
        (RefundStatus.CANCELED, 0),
    ],
)
def test_which_refunds_count(connection: Connection, status: RefundStatus, counted: int) -> None:
    """M11: pending, succeeded and unknown refunds are money gone."""
    record_refunds(connection, [pictures.refund(status=status)])

    assert root_of(connection).refunds_minor == counted


def test_a_refund_with_our_marker_ends_the_hold_and_counts_once(connection: Connection) -> None:
    """M11: a webhook that is faster than the worker counts once."""
    record_charges(connection, [pictures.charge()])
    intent = ids.new_id()
    place_hold(root_of(connection).id, intent, Money.of(1000, "EUR"))
    assert str(available(root_of(connection))) == "40.00 EUR"

    recorded = record_refunds(connection, [pictures.refund(marker=intent)])

    assert recorded.linked_intents == (intent,)
    root = root_of(connection)
    assert (root.held_minor, root.refunds_minor) == (0, 1000)
    assert str(available(root)) == "40.00 EUR"
    assert release_hold(intent) is False


def test_news_of_a_linked_refund_names_its_order_again(connection: Connection) -> None:
    intent = ids.new_id()
    record_refunds(connection, [pictures.refund(marker=intent)])

    failed = pictures.refund(as_of=at(1), status=RefundStatus.FAILED)
    recorded = record_refunds(connection, [failed])

    assert recorded.linked_intents == (intent,)
    assert Refund.objects.get().intent_id == intent
    assert record_refunds(connection, [failed]).linked_intents == ()


def test_two_refunds_with_one_marker_are_stored_and_told(connection: Connection) -> None:
    intent: UUID = ids.new_id()
    record_refunds(connection, [pictures.refund(marker=intent)])

    recorded = record_refunds(connection, [pictures.refund("re_2", marker=intent)])

    assert [(i.code, i.intent_id) for i in recorded.incidents] == [("marker_twice", intent)]
    assert Refund.objects.count() == 2


def test_a_hold_ends_once_and_holds_once(connection: Connection) -> None:
    record_charges(connection, [pictures.charge()])
    root, intent = root_of(connection), ids.new_id()

    for _ in range(2):
        place_hold(root.id, intent, Money.of(1500, "EUR"))
    assert root_of(connection).held_minor == 1500

    assert [release_hold(intent), release_hold(intent)] == [True, False]
    assert root_of(connection).held_minor == 0
    assert Hold.objects.count() == 1


def test_a_dispute_makes_a_new_money_version(connection: Connection) -> None:
    """M14."""
    record_charges(connection, [pictures.charge()])
    versions = [root_of(connection).money_version]

    record_disputes(connection, [pictures.dispute()])
    versions.append(root_of(connection).money_version)
    record_disputes(connection, [pictures.dispute(as_of=at(1))])
    versions.append(root_of(connection).money_version)
    record_disputes(connection, [pictures.dispute(as_of=at(2), status=DisputeStatus.WON)])
    versions.append(root_of(connection).money_version)

    assert versions == [versions[0], versions[0] + 1, versions[0] + 1, versions[0] + 2]
