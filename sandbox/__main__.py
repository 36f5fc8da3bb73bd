"""Starts the sandbox: python -m sandbox --host 127.0.0.1 --port 8010 --data-dir var/sandbox."""

import argparse
import os
import signal
import sys
from pathlib import Path

from sandbox.clock import Clock
from sandbox.control import Control, Parts
from sandbox.exchange import Exchange
from sandbox.jobs import Jobs
from sandbox.loader import load_seed_once
from sandbox.registry import all_providers
from sandbox.server import Server
from sandbox.store import Store
from sandbox.webhooks import Postman


def build_server(host: str, port: int, data_dir: Path, profile: str) -> Server:
    """Bind the port first, so that a second start fails at once; then wire the parts."""
    server = Server(host, port)
    store = Store(data_dir)
    providers = all_providers()
    clock = Clock(store)
    load_seed_once(store, providers, profile, clock.now())
    postman = Postman(store, clock, providers)
    exchange = Exchange(store, clock, providers, postman)
    jobs = Jobs(store, clock, providers, postman)
    server.clock, server.exchange = clock, exchange
    server.control = Control(Parts(store, clock, exchange, postman, jobs, providers, profile))
    postman.start()
    jobs.start()
    return server


def main() -> None:
    """Serve until SIGINT, SIGTERM or SIGHUP."""
    parser = argparse.ArgumentParser(prog="sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8010)
    parser.add_argument("--data-dir", type=Path, default=Path("var/sandbox"))
    parser.add_argument("--seed", choices=("demo", "empty"), default="demo")
    options = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        # What is committed is safe at any instruction, so there is nothing to wait for.
        signal.signal(number, lambda *_: os._exit(0))
    server = build_server(options.host, options.port, options.data_dir, options.seed)
    sys.stdout.write(f"sandbox: http://{options.host}:{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever(poll_interval=0.2)


if __name__ == "__main__":
    main()
