"""Calls a WSGI application as its server does, without sockets: that costs all the same."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes


def get(path: str, *, headers: Mapping[str, str]) -> dict[str, Any]:
    """A GET, to be asked as often as wanted."""
    return _environ("GET", path, headers, b"")


def post(path: str, body: bytes, *, headers: Mapping[str, str]) -> dict[str, Any]:
    """A POST of JSON, to be asked as often as wanted."""
    return _environ("POST", path, headers, body)


def ask(application: Any, environ: Mapping[str, Any]) -> Answer:
    """Ask, read the whole answer and close it."""
    started: list[str] = []
    answer: Iterable[bytes] = application(
        {**environ, "wsgi.input": BytesIO(environ["bench.body"])},
        lambda status, _headers, _error=None: started.append(status),
    )
    body = b"".join(answer)
    close = getattr(answer, "close", None)
    if close is not None:
        close()
    return Answer(int(started[0].split()[0]), body)


def _environ(method: str, path: str, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    path, _, query = path.partition("?")
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SCRIPT_NAME": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "127.0.0.1",
        "CONTENT_TYPE": "application/json" if body else "",
        "CONTENT_LENGTH": str(len(body)) if body else "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.errors": BytesIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "bench.body": body,
        **{f"HTTP_{name.upper().replace('-', '_')}": text for name, text in headers.items()},
    }
