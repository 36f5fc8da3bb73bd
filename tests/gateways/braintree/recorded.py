"""Recorded objects of Braintree as the SDK's parser reads them, with what a test wants changed."""

import json
from typing import Any

from chargedesk.kit import clock
from gateways.braintree.mapping import Seen
from gateways.braintree.slices import tree
from tests.contracts.harness import RECORDINGS


def recorded_xml(name: str) -> bytes:
    """The XML of the recording `name`."""
    recording = json.loads((RECORDINGS / "braintree" / f"{name}.json").read_text())
    return str(recording["xml"]).encode()


def recorded(name: str, **changed: object) -> dict[str, Any]:
    """The object in the recording `name` with some fields replaced."""
    obj: dict[str, Any] = next(iter(tree(recorded_xml(name)).values()))
    return {**obj, **changed}


def seen(**told: Any) -> Seen:
    """A picture of now."""
    return Seen(as_of=clock.now(), raw=b"<x/>", **told)
