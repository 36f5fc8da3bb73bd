"""Bodies sent in chunks: read whole and given a length, which is all that Django goes by."""

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

# No view takes more; each has a limit of its own below this.
LARGEST_BODY = 4 * 1024 * 1024

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def with_whole_bodies(application: Application) -> Application:
    """Wrap a WSGI application so that it sees the bodies that come without a length.

    Django reads as many bytes as `Content-Length` says, so of a chunked order it would see none: a
    refund of one euro would become a refund of everything.
    """

    def call(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not environ.get("HTTP_TRANSFER_ENCODING"):
            return application(environ, start_response)
        try:
            body = environ["wsgi.input"].read(LARGEST_BODY + 1)
        except OSError:
            return _refuse(start_response, "400 Bad Request", b"The chunks are malformed.")
        if len(body) > LARGEST_BODY:
            return _refuse(start_response, "413 Content Too Large", b"The body is too large.")
        whole = {**environ, "wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        return application(whole, start_response)

    return call


def _refuse(start_response: Callable[..., Any], status: str, text: bytes) -> Iterable[bytes]:
    headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(text)))]
    start_response(status, [*headers, ("Connection", "close")])
    return [text]
