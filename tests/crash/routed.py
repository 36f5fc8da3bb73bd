"""A company's own program that carries out refunds routed to it, at Stripe and with its own key."""

import json
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from chargedesk.base import scoping
from chargedesk.tenants.services import set_functions
from tests.crash.cases import DELAY_S
from tests.crash.town import Firm
from tests.services.accounts import reread

# What befalls the answer, by the cents that were ordered.
ANSWERED, LOST, BROKEN, SLOW = 501, 502, 503, 504
SLOW_S = DELAY_S


@dataclass
class Program:
    """Refunds whatever it is asked to, every time: it keeps no keys.

    `made`: by the order it was asked for, the refunds it made; `called`: whose call has arrived.
    """

    firm: Firm
    made: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    called: set[str] = field(default_factory=set)

    def refund(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]] | None:
        """Status and answer, or None for a line that is cut."""
        intent_id, minor = asked["idempotency_key"][:36], round(asked["refund_amount"] * 100)
        self.called.add(intent_id)
        if minor == BROKEN:
            return 500, {}
        if minor == SLOW:
            time.sleep(SLOW_S)
        charge = asked["charge"]["transaction_id"]
        made = self.firm.account.request("POST", "/v1/refunds", charge=charge, amount=str(minor))
        self.made[intent_id].append(str(made["id"]))
        return None if minor == LOST else (200, {"refund": {"refund_id": made["id"]}})


@contextmanager
def routed(firm: Firm) -> Iterator[Program]:
    """Send the refunds of a firm to such a program while the block runs."""
    program = Program(firm)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(program))
    Thread(target=server.serve_forever, daemon=True).start()
    urls = {"refund": f"http://127.0.0.1:{server.server_port}/refund"}
    try:
        with scoping.tenant(firm.tenant.id):
            set_functions(firm.connection.id, urls=urls, actor=firm.system().actor)
        program.firm = replace(firm, connection=reread(firm.connection))
        yield program
    finally:
        server.shutdown()
        server.server_close()


def _handler(program: Program) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            answer = program.refund(json.loads(self.rfile.read(length)))
            if answer is None:
                self.close_connection = True
                return
            status, body = answer
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
            """Say nothing."""

    return Handler
