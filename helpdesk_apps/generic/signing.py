"""The scheme of the generic helpdesk: HMAC-SHA256 over a time and the exact bytes that follow."""

import hashlib
import hmac
from datetime import datetime, timedelta

from helpdesk_apps.errors import IdentityError

TOLERANCE = timedelta(minutes=5)
LONGEST_TIMESTAMP = 11


def signature(secret: str, *, timestamp: int, payload: bytes) -> str:
    """Sign: hex HMAC-SHA256 over `<timestamp>.<payload>`."""
    message = b"%d." % timestamp + payload
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def check_signature(
    secret: str, *, timestamp: str, payload: bytes, signed: str, now: datetime
) -> None:
    """Return if `signed` is right and within the tolerance; else IdentityError."""
    is_number = timestamp.isascii() and timestamp.isdigit()
    if not (secret and is_number and len(timestamp) <= LONGEST_TIMESTAMP):
        raise IdentityError("The signed context has no readable time.")
    expected = signature(secret, timestamp=int(timestamp), payload=payload)
    if not hmac.compare_digest(expected.encode(), signed.encode()):
        raise IdentityError("The signature of the helpdesk does not match.")
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE.total_seconds():
        raise IdentityError("This page was opened too long ago; load the ticket again.")
