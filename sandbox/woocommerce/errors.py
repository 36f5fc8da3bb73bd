"""WordPress's error bodies, and what carries one to the answer."""

from sandbox.wire import Json, Response, json_response

DENIED, UNSEEN, INVALID, BROKEN = 401, 404, 400, 500
REFUND_REFUSED = "woocommerce_rest_cannot_create_order_refund"


class WooError(Exception):
    """A refusal; `data` is an object with the status, or the bare number 500 (reference A5)."""

    def __init__(
        self, code: str, message: str, *, status: int = INVALID, data: Json | int | None = None
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status
        self.data: Json | int = {"status": status} if data is None else data

    def response(self) -> Response:
        """The answer."""
        return json_response(
            self.status, {"code": self.code, "message": self.message, "data": self.data}
        )


def no_route() -> WooError:
    """The route, or the plug-in that brings it, is not there."""
    return WooError(
        "rest_no_route",
        "No route was found matching the URL and request method.",
        status=UNSEEN,
    )


def invalid_param(name: str, why: str) -> WooError:
    """A parameter that its schema refuses."""
    return WooError(
        "rest_invalid_param",
        f"Invalid parameter(s): {name}",
        data={"status": INVALID, "params": {name: why}, "details": {}},
    )


def invalid_id(kind: str) -> WooError:
    """No such object; the code differs by kind (reference A7)."""
    return WooError(f"woocommerce_rest_{kind}_invalid_id", "Invalid ID.", status=UNSEEN)


def no_plugin() -> WooError:
    """No payment plug-in has this name; the code names no id."""
    return WooError(
        "woocommerce_rest_payment_gateway_invalid", "Resource does not exist.", status=UNSEEN
    )


def critical() -> WooError:
    """An exception nobody caught: an HTML message in JSON (reference A6)."""
    return WooError(
        "internal_server_error",
        "<p>There has been a critical error on this website.</p>",
        status=BROKEN,
    )


def refund_refused(message: str) -> WooError:
    """Every refusal of a refund, with the number 500 where others have an object."""
    return WooError(REFUND_REFUSED, message, status=BROKEN, data=BROKEN)
