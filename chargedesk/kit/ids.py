"""Ids: UUIDv7 for what is born here, derived UUIDs for what mirrors a thing from elsewhere."""

import hashlib
import os
import time
import uuid

_DERIVED = uuid.UUID("6f0c3c0e-5d1b-4f0e-9c54-2f6a3c1d7b90")


def new_id() -> uuid.UUID:
    """Make a UUIDv7 (RFC 9562): sorts by creation time, so new rows stay together in an index."""
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80
    value |= 0x7 << 76
    value |= (random >> 68 & 0xFFF) << 64
    value |= 0b10 << 62
    value |= random & 0x3FFF_FFFF_FFFF_FFFF
    return uuid.UUID(int=value)


def derived_id(*parts: object) -> uuid.UUID:
    """Make the same UUID for the same parts, always.

    A mirrored row's id follows from what it mirrors, so that the same news read twice, or half and
    again, ends in the same rows, and a link can be written before its target has arrived.
    """
    return uuid.uuid5(_DERIVED, "\x1f".join(map(str, parts)))


class DerivedIds:
    """`derived_id(*parts, last)` for many a `last`, as 32 hex digits; `parts` are hashed once."""

    __slots__ = ("_started",)

    # RFC 9562: two fixed bits in front of the seventeenth digit, the version in the thirteenth.
    _VARIANT = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))

    def __init__(self, *parts: object) -> None:
        common = "\x1f".join([*map(str, parts), ""])
        # UUID version 5 is defined on SHA-1; nothing secret depends on it.
        self._started = hashlib.sha1(_DERIVED.bytes + common.encode(), usedforsecurity=False)

    def hex_of(self, last: str) -> str:
        """The id that ends in `last`."""
        finished = self._started.copy()
        finished.update(last.encode())
        digits = finished.hexdigest()
        return f"{digits[:12]}5{digits[13:16]}{self._VARIANT[digits[16]]}{digits[17:32]}"
