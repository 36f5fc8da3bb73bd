"""PayPal's error bodies: name, message, debug_id, details with an issue each."""

import secrets
from dataclasses import dataclass

from sandbox.wire import Json, Response, json_response

UNPROCESSABLE = (
    "The requested action could not be performed, semantically incorrect, or failed business"
    " validation."
)


# Not frozen: what raises an exception writes its traceback into it.
@dataclass(eq=False)
class PayPalError(Exception):
    """A refusal."""

    status: int
    name: str
    message: str
    details: tuple[Json, ...] = ()

    def __str__(self) -> str:
        issues = [str(each.get("description", "")) for each in self.details]
        return " ".join(filter(None, issues)) or self.message


def refused(issue: str, description: str = "") -> PayPalError:
    """422 with one issue."""
    detail = {"issue": issue, "description": description or issue.replace("_", " ").capitalize()}
    return PayPalError(422, "UNPROCESSABLE_ENTITY", UNPROCESSABLE, (detail,))


def missing(object_id: str) -> PayPalError:
    """404: no such resource."""
    detail = {
        "issue": "INVALID_RESOURCE_ID",
        "description": "Specified resource ID does not exist. Please check the resource ID.",
        "value": object_id,
    }
    return PayPalError(
        404, "RESOURCE_NOT_FOUND", "The specified resource does not exist.", (detail,)
    )


def invalid(issue: str, field: str) -> PayPalError:
    """400: the request is not what the document says."""
    detail = {"field": field, "location": "query", "issue": issue, "description": "Invalid."}
    return PayPalError(
        400,
        "INVALID_REQUEST",
        "Request is not well-formed, syntactically incorrect, or violates schema.",
        (detail,),
    )


def unauthorized() -> Response:
    """401 for a token that is wrong, expired or revoked."""
    return json_response(
        401,
        {"error": "invalid_token", "error_description": "Token signature verification failed"},
        {"PayPal-Debug-Id": debug_id()},
    )


def debug_id() -> str:
    """The id PayPal's support asks for."""
    return secrets.token_hex(7)


def error_response(error: PayPalError) -> Response:
    """Write a refusal."""
    number = debug_id()
    body: Json = {"name": error.name, "message": error.message, "debug_id": number}
    if error.details:
        body["details"] = list(error.details)
    body["links"] = []
    return json_response(error.status, body, {"PayPal-Debug-Id": number})
