"""The charge door: out of order, twice, half; its root's sums and its customer's totals."""

from dataclasses import replace

from chargedesk.ledger.models import Change, Charge, CustomerTotal, GatewayCustomer, MoneyRoot
from chargedesk.ledger.models.mirrored import mirrored_id
from chargedesk.ledger.services import record_charges, record_customers, record_payments
from chargedesk.tenants.models import Connection
from gateways.snapshots import ChargeStatus
from tests.ledger import pictures
from tests.ledger.pictures import at


def test_a_charge_arrives_before_everything_it_speaks_of(connection: Connection) -> None:
    recorded = record_charges(connection, [pictures.charge()])

    assert (recorded.created, recorded.changed, recorded.ties) == (1, 0, ())
    charge = Charge.objects.get()
    assert charge.id == mirrored_id(connection.id, "charge", "ch_1")
    assert charge.raw_payload() == b'{"object": "charge"}'
    assert charge.root.id == mirrored_id(connection.id, "root", "pi_1")
    assert charge.root.captured_minor == 5000
    assert str(charge.root.available) == "50.00 EUR"
    customer = GatewayCustomer.objects.get()
    assert customer.is_stub
    assert charge.gateway_customer_id == customer.id
    total = CustomerTotal.objects.get()
    assert (total.paid_minor, total.refunded_minor, total.charges) == (5000, 0, 1)


def test_the_same_charge_twice_changes_nothing(connection: Connection) -> None:
    record_charges(connection, [pictures.charge()])
    before = (Change.objects.count(), MoneyRoot.objects.get().money_version)

    recorded = record_charges(connection, [pictures.charge()])
    later = record_charges(connection, [pictures.charge(as_of=at(9))])

    assert (recorded.unchanged, later.unchanged) == (1, 1)
    assert (Change.objects.count(), MoneyRoot.objects.get().money_version) == before
    assert Charge.objects.get().as_of == at(9)


def test_older_news_is_ignored(connection: Connection) -> None:
    record_charges(connection, [pictures.charge(as_of=at(5), refunded_minor=700)])

    recorded = record_charges(connection, [pictures.charge(as_of=at(4))])

    assert recorded.ignored == 1
    assert Charge.objects.get().refunded_minor == 700


def test_two_pictures_of_one_moment_are_a_tie_and_the_first_stays(connection: Connection) -> None:
    record_charges(connection, [pictures.charge()])

    recorded = record_charges(connection, [pictures.charge(refunded_minor=700)])

    assert recorded.ties == ("ch_1",)
    assert Charge.objects.get().refunded_minor == 0


def test_a_tie_within_one_batch_is_told(connection: Connection) -> None:
    one = pictures.charge()

    recorded = record_charges(connection, [one, replace(one, refunded_minor=700), one])

    assert recorded.ties == ("ch_1",)
    assert (recorded.created, recorded.ignored) == (1, 2)


def test_a_batch_keeps_the_newest_picture_of_each(connection: Connection) -> None:
    batch = [pictures.charge(as_of=at(second), refunded_minor=second * 100) for second in (1, 3, 2)]

    record_charges(connection, batch)

    assert Charge.objects.get().refunded_minor == 300


def test_totals_and_root_follow_a_change(connection: Connection) -> None:
    record_charges(connection, [pictures.charge(status=ChargeStatus.PENDING, captured_minor=0)])
    version = MoneyRoot.objects.get().money_version

    recorded = record_charges(connection, [pictures.charge(as_of=at(1), refunded_minor=1200)])

    assert recorded.changed == 1
    total = CustomerTotal.objects.get()
    assert (total.paid_minor, total.refunded_minor, total.charges) == (5000, 1200, 1)
    root = MoneyRoot.objects.get()
    assert (root.captured_minor, root.provider_refunded_minor) == (5000, 1200)
    assert root.money_version == version + 1


def test_a_dispute_flag_alone_makes_a_new_money_version(connection: Connection) -> None:
    """M14: whoever looked at the preview before must look again."""
    record_charges(connection, [pictures.charge()])
    version = MoneyRoot.objects.get().money_version

    record_charges(connection, [pictures.charge(as_of=at(1), is_disputed=True)])

    assert MoneyRoot.objects.get().money_version == version + 1


def test_attempts_of_one_payment_share_its_root(connection: Connection) -> None:
    failed = pictures.charge("ch_0", status=ChargeStatus.FAILED, captured_minor=0)

    record_charges(connection, [failed, pictures.charge()])

    assert MoneyRoot.objects.get().captured_minor == 5000
    total = CustomerTotal.objects.get()
    assert (total.charges, total.failed_charges) == (2, 1)


def test_a_payment_fills_the_root_and_keeps_its_sums(connection: Connection) -> None:
    record_charges(connection, [pictures.charge()])
    version = MoneyRoot.objects.get().money_version

    recorded = record_payments(connection, [pictures.payment()])

    assert recorded.changed == 1
    root = MoneyRoot.objects.get()
    assert (root.status, root.amount_minor, root.captured_minor) == ("succeeded", 5000, 5000)
    assert root.money_version == version + 1


def test_a_charge_without_payment_is_its_own_root(connection: Connection) -> None:
    record_charges(connection, [pictures.charge(payment_id="")])

    assert MoneyRoot.objects.get().id == mirrored_id(connection.id, "root", "ch_1")


def test_known_fees_survive_news_that_does_not_carry_them(connection: Connection) -> None:
    record_charges(connection, [pictures.charge(fee_minor=90, net_minor=4910)])

    record_charges(connection, [pictures.charge(as_of=at(1), description="Plan")])

    charge = Charge.objects.get()
    assert (charge.fee_minor, charge.description) == (90, "Plan")


def test_currencies_without_and_with_three_decimals_are_kept_apart(connection: Connection) -> None:
    yen = pictures.charge("ch_jpy", payment_id="pi_jpy", currency="JPY", captured_minor=5000)
    dinar = pictures.charge("ch_kwd", payment_id="pi_kwd", currency="KWD", captured_minor=12345)

    record_charges(connection, [yen, dinar])

    paid = dict(CustomerTotal.objects.values_list("currency", "paid_minor"))
    assert paid == {"JPY": 5000, "KWD": 12345}
    shown = {str(root.available) for root in MoneyRoot.objects.all()}
    assert shown == {"5000 JPY", "12.345 KWD"}


def test_text_the_database_cannot_hold_is_cleaned(connection: Connection) -> None:
    odd = pictures.charge(
        description="a\x00b\ud83d", metadata={"k": "x\x00"}, method_brand="v" * 99
    )

    record_charges(connection, [odd])

    charge = Charge.objects.get()
    assert (charge.description, charge.metadata) == ("ab?", {"k": "x"})
    assert len(charge.method_brand) == 40


def test_the_customer_arrives_after_the_charge(connection: Connection) -> None:
    record_charges(connection, [pictures.charge()])

    record_customers(connection, [pictures.customer()])

    customer = GatewayCustomer.objects.get()
    assert (customer.is_stub, customer.name) == (False, "Ada Example")
