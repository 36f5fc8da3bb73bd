"""The base of every error this product raises on purpose."""

from typing import ClassVar


class ChargeDeskError(Exception):
    """An error with a stable `code` for programs and a message for people.

    Attributes:
        code: snake_case word that never changes once published.
        message: a sentence that says what to do; safe to show, never contains a secret.
        parameter: the request parameter at fault, if there is one.
    """

    code: ClassVar[str] = "error"

    def __init__(self, message: str, *, parameter: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.parameter = parameter
