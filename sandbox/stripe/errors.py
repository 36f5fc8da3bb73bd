"""Stripe's refusals: types, codes and the JSON error body (reference 4.4)."""

from typing import Any

from sandbox.wire import Json

DOCS = "https://stripe.com/docs/error-codes/"
BAD_REQUEST, UNAUTHORIZED, DECLINED, FORBIDDEN, NOT_FOUND = 400, 401, 402, 403, 404
CONFLICT, TOO_MANY, BROKEN = 409, 429, 500


class StripeError(Exception):
    """A refusal; `executed` says the endpoint had started: the answer is kept under the key."""

    def __init__(
        self,
        message: str,
        *,
        status: int = BAD_REQUEST,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        executed: bool = False,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status, self.kind, self.code, self.param = status, kind, code, param
        self.executed, self.more = executed, more

    def body(self, request_id: str) -> Json:
        """Write the error as Stripe does."""
        error: Json = {}
        if self.code:
            error["code"] = self.code
            error["doc_url"] = DOCS + self.code.replace("_", "-")
        error["message"] = str(self)
        if self.param:
            error["param"] = self.param
        if self.status not in {UNAUTHORIZED, TOO_MANY}:
            error["request_log_url"] = f"https://dashboard.stripe.com/test/logs/{request_id}"
        return {"error": {**error, "type": self.kind, **self.more}}


def missing(
    kind: str, object_id: str, *, param: str = "id", status: int = NOT_FOUND
) -> StripeError:
    """Refuse an id that this account does not have."""
    return StripeError(
        f"No such {kind.replace('_', ' ') if kind == 'webhook_endpoint' else kind}: '{object_id}'",
        status=status,
        code="resource_missing",
        param=param,
    )


def refused(message: str, *, code: str | None = None, param: str | None = None) -> StripeError:
    """Refuse because of the state of things, after the endpoint had started."""
    return StripeError(message, code=code, param=param, executed=True)
