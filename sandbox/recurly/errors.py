"""Refusals as Recurly writes them (reference B7)."""

from sandbox.wire import Json


class RecurlyError(Exception):
    """A refusal: HTTP status, `type`, message, and what it is about."""

    def __init__(
        self,
        status: int,
        kind: str,
        message: str,
        *,
        params: tuple[str, ...] = (),
        transaction: Json | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.kind = status, kind
        self.params, self.transaction = params, transaction

    def body(self) -> Json:
        """Write the error as it comes on the wire: wrapped."""
        error: Json = {"type": self.kind, "message": str(self)}
        error["params"] = [{"param": name} for name in self.params]
        if self.transaction is not None:
            error["transaction_error"] = {"object": "transaction_error", **self.transaction}
        return {"error": error}


def missing(kind: str, object_id: str) -> RecurlyError:
    """Refuse an id that this site does not have."""
    return RecurlyError(404, "not_found", f"Couldn't find {kind.title()} with id = {object_id}")


def invalid(message: str, *params: str) -> RecurlyError:
    """Refuse a value because of the state of things."""
    return RecurlyError(422, "validation", message, params=params)


def malformed(message: str, *params: str) -> RecurlyError:
    """Refuse a request that is not well formed."""
    return RecurlyError(400, "bad_request", message, params=params)


def declined(transaction_id: str, code: str, category: str, message: str) -> RecurlyError:
    """Refuse because the gateway behind Recurly did."""
    told = {
        "transaction_id": transaction_id,
        "category": category,
        "code": code,
        "message": message,
        "merchant_advice": message,
    }
    return RecurlyError(422, "transaction", message, transaction=told)
