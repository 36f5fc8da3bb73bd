"""Sums kept by differences equal sums made from scratch, whatever arrives."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chargedesk.ledger import services
from chargedesk.ledger.models import CustomerTotal, MoneyRoot
from chargedesk.ledger.rollups import first_difference, rebuild_summaries
from chargedesk.tenants.models import Connection
from gateways.snapshots import ChargeStatus, RefundStatus
from tests.ledger import pictures
from tests.ledger.pictures import at

charges = st.builds(
    pictures.charge,
    st.sampled_from(["ch_1", "ch_2", "ch_3"]),
    as_of=st.integers(0, 9).map(at),
    payment_id=st.sampled_from(["", "pi_1", "pi_2"]),
    customer_id=st.sampled_from(["", "cus_1", "cus_2"]),
    status=st.sampled_from(ChargeStatus),
    currency=st.sampled_from(["EUR", "JPY", "KWD"]),
    captured_minor=st.integers(0, 5000),
    refunded_minor=st.integers(0, 5000),
)
refunds = st.builds(
    pictures.refund,
    st.sampled_from(["re_1", "re_2"]),
    as_of=st.integers(0, 9).map(at),
    charge_id=st.sampled_from(["ch_1", "ch_2"]),
    payment_id=st.sampled_from(["", "pi_1", "pi_2"]),
    status=st.sampled_from(RefundStatus),
    amount_minor=st.integers(1, 5000),
)
batches = st.lists(st.lists(charges | refunds, min_size=1, max_size=6), max_size=6)


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(news=batches)
def test_sums_equal_their_parts_after_any_news(connection: Connection, news: Any) -> None:
    with transaction.atomic():
        for batch in news:
            services.record_snapshots(connection, batch)
            assert first_difference() is None
        transaction.set_rollback(True)


def test_a_wrong_sum_is_found_and_put_right(connection: Connection) -> None:
    services.record_charges(connection, [pictures.charge()])
    CustomerTotal.objects.update(paid_minor=1)
    assert "totals of gateway customer" in str(first_difference())
    MoneyRoot.objects.update(captured_minor=1)
    assert "money root" in str(first_difference())

    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("verify_ledger", stdout=out)
    assert "should have" in out.getvalue()
    call_command("rebuild_summaries", stdout=out)

    assert rebuild_summaries() == 0
    call_command("verify_ledger", stdout=out)
    assert CustomerTotal.objects.get().paid_minor == 5000
    assert MoneyRoot.objects.get().captured_minor == 5000
