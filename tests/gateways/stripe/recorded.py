"""Recorded objects of Stripe, with what a test wants changed."""

import json
from typing import Any

from chargedesk.kit import clock
from gateways.stripe.mapping import Seen
from tests.contracts.harness import RECORDINGS


def recorded(name: str, **changed: object) -> dict[str, Any]:
    """The recording `name` with some fields replaced."""
    obj: dict[str, Any] = json.loads((RECORDINGS / "stripe" / f"{name}.json").read_text())
    return {**obj, **changed}


def event_about(obj: dict[str, Any], **changed: object) -> bytes:
    """An event that shows `obj` in our API version."""
    event = {
        "id": "evt_1",
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": 1790000000,
        "type": f"{obj['object']}.updated",
        "data": {"object": obj},
        **changed,
    }
    return json.dumps(event).encode()


def seen(*, open_dispute: bool | None = None) -> Seen:
    """A picture of now."""
    return Seen(as_of=clock.now(), raw=b"{}", open_dispute=open_dispute)
