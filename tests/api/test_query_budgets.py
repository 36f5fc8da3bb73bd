"""How many statements each list needs, as a reviewed file; the number does not grow with the page.

BEGIN, COMMIT, SAVEPOINT and setting the tenant are not counted.
"""

import json
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.api.world import World, later

BUDGETS: dict[str, int] = json.loads((Path(__file__).parent / "query_budgets.json").read_text())
NOT_COUNTED = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK", "SELECT set_config")


@pytest.mark.parametrize("path", BUDGETS)
def test_a_list_keeps_its_budget_whatever_its_length(world: World, path: str) -> None:
    _fill(world, 2)
    world.client().get(path)
    few = _statements(world, path)
    assert few == BUDGETS[path]
    _fill(world, 12)
    assert _statements(world, path) == few


def _statements(world: World, path: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert world.client().get(path).status_code == 200
    sqls = [query["sql"] for query in captured.captured_queries]
    return len([sql for sql in sqls if not sql.startswith(NOT_COUNTED)])


def _fill(world: World, number: int) -> None:
    for place in range(number):
        name = f"{number}_{place}"
        customer = world.add_customer(f"cus_{name}", email="ada@shop.example")
        product = world.add_product(f"prod_{name}")
        world.add_subscription(f"sub_{name}", gateway_customer=customer, product=product)
        charge = world.add_charge(
            f"ch_{name}",
            gateway_customer=customer,
            subscription_external_id=f"sub_{name}",
            refunded_minor=100,
            status="partially_refunded",
        )
        world.add_refund(charge, f"re_{name}", occurred_at=later(1))
