"""The HTTP server: one thread per connection, keep-alive, and the endings of real networks."""

import contextlib
import email.utils
import os
import socket
import struct
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sandbox.clock import Clock
from sandbox.control import Control
from sandbox.exchange import Answer, Ending, Exchange
from sandbox.wire import Request, Response

MAX_BODY = 20_000_000


class Server(ThreadingHTTPServer):
    """Serves providers and the control API on one port."""

    daemon_threads = True
    request_queue_size = 512
    allow_reuse_address = True

    exchange: Exchange
    control: Control
    clock: Clock

    def __init__(self, host: str, port: int) -> None:
        super().__init__((host, port), Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay quiet when a client has gone; show everything else."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """Reads requests from one connection and writes the answers."""

    protocol_version = "HTTP/1.1"
    server: Server
    disable_nagle_algorithm = True
    rbufsize = 64 * 1024
    wbufsize = 64 * 1024
    # Long, so that an idle connection of a pool is not closed under a client about to use it.
    timeout = 600

    def do_GET(self) -> None:
        """Serve a read."""
        self._serve()

    def do_POST(self) -> None:
        """Serve a write."""
        self._serve()

    def do_DELETE(self) -> None:
        """Serve a removal."""
        self._serve()

    def do_PUT(self) -> None:
        """Serve a replacement."""
        self._serve()

    def do_PATCH(self) -> None:
        """Serve a change."""
        self._serve()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class names it so
        """Keep the output free of access lines: the journal has them."""

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > MAX_BODY:
            self._send(Response(413, b""))
            return
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, path, query, headers, self.rfile.read(length))
        if path.startswith("/_control"):
            self._send(self.server.control.answer(request))
        else:
            self._leave(self.server.exchange.run(request))

    def _leave(self, answer: Answer) -> None:
        if answer.ending is Ending.SEND:
            self._send(answer.response)
        elif answer.ending is Ending.HALF:
            self._send(answer.response, cut=max(1, len(answer.response.body) // 2))
            self._hang_up()
        elif answer.ending is Ending.RESET:
            self._reset()
        else:
            self._hang_up()

    def _send(self, response: Response, cut: int | None = None) -> None:
        self.send_response_only(response.status)
        self.send_header("Date", email.utils.formatdate(self.server.clock.now(), usegmt=True))
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            self.wfile.write(response.body[:cut])
            self.wfile.flush()

    def _hang_up(self) -> None:
        self.close_connection = True

    def _reset(self) -> None:
        self.close_connection = True
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        # Closed below the server's feet: its own way would send a FIN first, and no reset.
        os.close(self.connection.detach())
