"""Recorded objects of a shop, with what a test wants changed."""

import json
from typing import Any

from chargedesk.kit import clock
from gateways.woocommerce.mapping.values import Seen
from tests.contracts.harness import RECORDINGS


def recorded(name: str, **changed: object) -> dict[str, Any]:
    """The recording `name` with some fields replaced."""
    text = (RECORDINGS / "woocommerce" / f"{name}.json").read_text()
    obj: dict[str, Any] = json.loads(text)
    return {**obj, **changed}


def seen(**more: Any) -> Seen:
    """A picture of now."""
    return Seen(as_of=clock.now(), raw=b"{}", **more)
