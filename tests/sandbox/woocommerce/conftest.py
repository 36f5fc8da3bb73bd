"""A shop with three paid orders of 20.00 EUR for each test."""

import pytest

from tests.sandbox.program import Program
from tests.sandbox.woocommerce.shop import Shop, open_shop


@pytest.fixture
def shop(program: Program) -> Shop:
    """One customer and three orders."""
    return open_shop(program, seed={"customers": 1, "charges": 3})
