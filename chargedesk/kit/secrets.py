"""A box that keeps secrets: authenticated encryption with a key ring that can rotate."""

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from chargedesk.kit.errors import ChargeDeskError


class SecretUnreadableError(ChargeDeskError):
    """No key of the ring opens this secret, or it was moved from the place it was sealed for."""

    code = "secret_unreadable"


class SecretBox:
    """Seals text for one place (its `context`) and opens it again only there.

    The first key of the ring seals; every key opens. To rotate, put a new key first, reseal, drop
    the old one. The context is sealed in with the text, so that a ciphertext copied to another row
    does not open.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise ValueError(
                "The key ring is empty: set ENCRYPTION_KEYS to at least one Fernet key."
            )
        self._ring = MultiFernet([Fernet(key) for key in keys])

    def seal(self, text: str, *, context: str) -> bytes:
        """Encrypt `text` for `context`."""
        return self._ring.encrypt(f"{context}\x00{text}".encode())

    def open(self, sealed: bytes | memoryview, *, context: str) -> str:
        """Decrypt what was sealed for `context`; anything else is a SecretUnreadableError."""
        try:
            opened = self._ring.decrypt(bytes(sealed)).decode()
        except InvalidToken as error:
            raise SecretUnreadableError(
                "This secret cannot be opened with the current keys."
            ) from error
        sealed_for, _, text = opened.partition("\x00")
        if sealed_for != context:
            raise SecretUnreadableError("This secret belongs to another record.")
        return text
