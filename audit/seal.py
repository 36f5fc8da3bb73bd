"""The seal on the end of a chain: an HMAC nobody makes without our key.

The chain alone shows a clumsy change. Someone who rewrites an entry, every hash after it and the
head would go unnoticed; the seal catches them.
"""

from uuid import UUID

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

_SALT = "audit.head"


def seal(tenant_id: UUID, seq: int, head_hash: str) -> str:
    """The seal of a chain that ends at `seq` with `head_hash`."""
    return _seal(tenant_id, seq, head_hash, settings.SECRET_KEY)


def is_sealed(tenant_id: UUID, seq: int, head_hash: str, given: str) -> bool:
    """Whether the seal was made by us, with the present key or one it replaced."""
    return any(
        constant_time_compare(_seal(tenant_id, seq, head_hash, key), given)
        for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    )


def _seal(tenant_id: UUID, seq: int, head_hash: str, key: str) -> str:
    covered = f"{tenant_id}:{seq}:{head_hash}"
    return salted_hmac(_SALT, covered, secret=key, algorithm="sha256").hexdigest()
