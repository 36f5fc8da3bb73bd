"""Where webhook addresses lead, remembered by each process so that a webhook need not ask first.

What is remembered may have changed since. Storing checks that it has not, in its own statement; a
signature that does not fit counts only against what was just read.
"""

from uuid import UUID

from chargedesk.tenants.selectors import WebhookDoor, webhook_door

# Far more than one installation has; then all is forgotten, and read again.
_MOST = 10_000

_remembered: dict[tuple[str, UUID], WebhookDoor] = {}


def remembered(gateway: str, connection_id: UUID) -> WebhookDoor | None:
    """The door as it was when it was last read here; None if it never was."""
    return _remembered.get((gateway, connection_id))


def read(gateway: str, connection_id: UUID) -> WebhookDoor | None:
    """The door as it is now; None for an unknown, removed or other gateway's id."""
    door = webhook_door(gateway, connection_id)
    if door is None:
        _remembered.pop((gateway, connection_id), None)
        return None
    if len(_remembered) >= _MOST:
        _remembered.clear()
    _remembered[gateway, connection_id] = door
    return door
