"""What the shared suites know of PayPal."""

import random

from gateways.capabilities import ActionKind
from tests.services.houses import House, Keys, Ways

_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def _keys(mark: str) -> Keys:
    # S311: an account number, and no secret.
    letters = random.Random(mark).choices(_LETTERS, k=13)  # noqa: S311
    client = f"client_{mark}"
    values = {
        "client_id": client,
        "client_secret": f"secret_of_{client}",
        "environment": "sandbox",
    }
    return Keys("".join(letters), {"key": client}, values)


HOUSE = House(
    "paypal",
    _keys,
    held={"object": "authorization"},
    ways=Ways(
        orders={
            "paused": {"status": "SUSPENDED"},
            "unsent": {"status": "DRAFT"},
            "invoiced": {"status": "SENT"},
        },
        shows_sending=True,
    ),
    marks={ActionKind.REFUND: ("gateways.paypal.mapping.payments.marker",)},
)
