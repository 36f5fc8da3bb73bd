"""Recorded objects of Recurly, with what a test wants changed."""

from typing import Any

from chargedesk.kit import clock
from gateways.recurly.documents import parsed
from gateways.recurly.mapping import Seen
from tests.contracts.harness import RECORDINGS


def recorded(name: str, **changed: object) -> dict[str, Any]:
    """The recording `name` with some fields replaced, amounts as decimals."""
    return {**parsed((RECORDINGS / "recurly" / f"{name}.json").read_text()), **changed}


def seen(**told: Any) -> Seen:
    """A picture of now."""
    return Seen(as_of=clock.now(), raw=b"{}", **told)
