"""Seals the secrets of second factors with our key ring before they are stored."""

from allauth.mfa.adapter import DefaultMFAAdapter

from chargedesk.tenants.credentials import secret_box

CONTEXT = "second-factor"


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """TOTP secrets and recovery seeds rest encrypted."""

    def encrypt(self, text: str) -> str:
        """Seal for the database."""
        return secret_box().seal(text, context=CONTEXT).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Open what `encrypt` sealed. SecretUnreadableError."""
        return secret_box().open(encrypted_text.encode(), context=CONTEXT)
