"""Keeps the suite off the network: a test may connect to loopback and Unix sockets only."""

import ipaddress
import socket
from typing import Any

LOCAL_NAMES = {"localhost"}
_connect = socket.socket.connect
_connect_ex = socket.socket.connect_ex


class NetworkRefusedError(RuntimeError):
    """A test tried to reach another machine."""


def close_network() -> None:
    """From now on, connecting elsewhere raises `NetworkRefusedError`."""

    def connect(self: socket.socket, address: Any) -> None:
        _refuse_foreign(self, address)
        _connect(self, address)

    def connect_ex(self: socket.socket, address: Any) -> int:
        _refuse_foreign(self, address)
        return _connect_ex(self, address)

    socket.socket.connect = connect  # type: ignore[method-assign, assignment]
    socket.socket.connect_ex = connect_ex  # type: ignore[method-assign, assignment]


def _refuse_foreign(sock: socket.socket, address: Any) -> None:
    if sock.family == socket.AF_UNIX:
        return
    host = address[0]
    if host in LOCAL_NAMES or ipaddress.ip_address(host).is_loopback:
        return
    raise NetworkRefusedError(f"tests may not connect to {host}")
