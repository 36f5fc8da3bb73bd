"""Counts provider words that no table knows: they become `unknown`, and this makes them visible."""

from collections import Counter
from threading import Lock

import structlog

_log = structlog.get_logger(__name__)
_seen: Counter[tuple[str, str, str]] = Counter()
_lock = Lock()
_LONGEST = 64
_MOST = 1000


def note_unknown(gateway: str, field: str, word: object) -> None:
    """Log and count one unknown `word` in `field` (such as `charge.status`) of `gateway`."""
    key = (gateway, field, str(word)[:_LONGEST])
    with _lock:
        if key in _seen or len(_seen) < _MOST:
            _seen[key] += 1
    _log.warning("gateway.unknown_word", gateway=gateway, field=field, word=key[2])


def unknown_statuses() -> dict[tuple[str, str, str], int]:
    """How often each (gateway, field, word) came since this process started."""
    with _lock:
        return dict(_seen)
