"""The tables know every word that the provider's contract lists, and read no field it lacks."""

from collections.abc import Mapping

import pytest

from gateways.stripe.mapping import billing, catalogue, payments
from tests.gateways.stripe.contract import provider_contract


@pytest.mark.parametrize(
    ("word", "table"),
    [
        ("charge", payments.CHARGE_STATUSES),
        ("dispute", payments.DISPUTE_STATUSES),
        ("invoice", billing.INVOICE_STATUSES),
        ("payment_intent", payments.PAYMENT_STATUSES),
        ("subscription", billing.SUBSCRIPTION_STATUSES),
    ],
)
def test_every_listed_status_is_known(word: str, table: Mapping[str, object]) -> None:
    listed = provider_contract()["objects"][word]["fields"]["status"]["enum"]
    assert set(listed) == set(table)


def test_every_listed_interval_is_known() -> None:
    listed = provider_contract()["params"]["price_list"]["PriceListParamsRecurring"]["interval"]
    assert set(listed["enum"]) == set(catalogue.INTERVALS)
