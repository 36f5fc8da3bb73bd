"""Starts, kills and talks to a sandbox as a program of its own."""

import subprocess
import sys
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from chargedesk.runtime.processes import wait_until

ROOT = Path(__file__).resolve().parents[2]
Json = dict[str, Any]


class Program:
    """One sandbox process on a port of its own; the data folder outlives it."""

    def __init__(self, data_dir: Path, *, seed: str = "empty") -> None:
        self._data_dir, self._seed, self._port = data_dir, seed, 0
        self._process: subprocess.Popen[str] | None = None
        self.url = ""

    def start(self) -> None:
        """Start and wait until it listens; a second start keeps the port."""
        command = [
            sys.executable,
            "-m",
            "sandbox",
            "--port",
            str(self._port),
            "--data-dir",
            str(self._data_dir),
            "--seed",
            self._seed,
        ]
        # S603: our own program with our own arguments.
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().split()[-1]
        self._port = int(self.url.rsplit(":", 1)[1])
        assert self.control("GET", "health") == {"ok": True}

    def kill(self) -> None:
        """End it as a power cut would: SIGKILL."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()

    def control(self, method: str, name: str, order: Json | None = None, **query: str) -> Json:
        """Give an order to the control API."""
        response = requests.request(
            method, f"{self.url}/_control/{name}", json=order, params=query, timeout=30
        )
        assert response.status_code == 200, response.text
        answer: Json = response.json()
        return answer

    def wait_for_strike(self) -> None:
        """Wait until the fault armed last has struck a call, and that call is inside."""
        assert wait_until(
            lambda: bool(self.control("GET", "faults")["faults"][-1]["consumed"]), timeout_s=30
        )
        # A fault strikes just before the key is taken.
        time.sleep(0.2)

    def account(self, *, currency: str = "eur", **seed: Any) -> "Account":
        """Open an account that only this test knows."""
        mark = uuid.uuid4().hex[:12]
        account = Account(self, f"acct_{mark}", f"sk_test_{mark}")
        order = {
            "account": account.name,
            "key": account.key,
            "currency": currency,
            "seed": {"customers": 1, "currency": currency, **seed} if seed else None,
        }
        made = self.control("POST", "accounts", order)
        account.charges = made.get("charges", [])
        account.intents = made.get("payment_intents", [])
        account.customers = made.get("customers", [])
        return account


@dataclass
class Account:
    """A Stripe account of a test, and raw HTTP calls with its key."""

    program: Program
    name: str
    key: str
    charges: list[str] = field(default_factory=list)
    intents: list[str] = field(default_factory=list)
    customers: list[str] = field(default_factory=list)

    def call(
        self,
        method: str,
        path: str,
        params: Json | None = None,
        *,
        key: str | None = None,
        timeout: float = 30,
    ) -> requests.Response:
        """Make one call; `key` is the idempotency key."""
        headers = {"Idempotency-Key": key} if key else {}
        sent = {"params" if method == "GET" else "data": params}
        return requests.request(
            method,
            f"{self.program.url}/stripe/v1/{path}",
            auth=(self.key, ""),
            headers=headers,
            timeout=timeout,
            **sent,  # type: ignore[arg-type]
        )

    def get(self, path: str, **params: Any) -> Json:
        """Read something that must be there."""
        response = self.call("GET", path, params)
        assert response.status_code == 200, response.text
        body: Json = response.json()
        return body

    def post(self, path: str, params: Json | None = None, *, key: str | None = None) -> Json:
        """Write something that must be accepted."""
        response = self.call("POST", path, params, key=key)
        assert response.status_code == 200, response.text
        body: Json = response.json()
        return body

    def refused(self, path: str, params: Json | None = None, *, key: str | None = None) -> Json:
        """Write something that must be refused; answers the error."""
        response = self.call("POST", path, params, key=key)
        assert response.status_code >= 400, response.text
        error: Json = response.json()["error"]
        return {**error, "status": response.status_code}

    def charge(self, **properties: Any) -> Json:
        """Create a charge with given properties."""
        order = {"account": self.name, "object": "charge", **properties}
        made: Json = self.program.control("POST", "objects", order)["object"]
        return made

    def act(self, object_id: str, what: str, **more: Any) -> Json:
        """Do what a person or bank would do."""
        order = {"provider": "stripe", "object": object_id, "do": what, **more}
        made: Json = self.program.control("POST", "act", order)["object"]
        return made

    def arm(self, kind: str, **rule: Any) -> int:
        """Arm a fault for this account only."""
        order = {"provider": "stripe", "account": self.name, "kind": kind, "times": 1, **rule}
        return int(self.program.control("POST", "faults", order)["id"])

    def journal(self, **query: str) -> list[Json]:
        """Read this account's calls."""
        answer = self.program.control("GET", "journal", None, account=self.name, **query)
        entries: list[Json] = answer["entries"]
        return entries

    def money(self) -> dict[str, Json]:
        """Read the sandbox's own account of this account's money."""
        answer = self.program.control("GET", "money", account=self.name)
        objects: dict[str, Json] = answer["objects"]
        return objects
