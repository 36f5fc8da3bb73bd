"""Carries one request to an address a tenant typed, under one deadline; knows if a byte left.

So nothing here connects to an address inside our own network,
follows a redirect, or reads an endless body.
"""

import ipaddress
import logging
import os
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import urllib3
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from gateways import timed
from gateways.timed import Connection, SecureConnection, current, exchanging

CONNECT_SECONDS = 10.0
LARGEST_BODY = 20 * 1024 * 1024
# It may be one small server: more than two requests at a time slow its own customers down.
_IN_FLIGHT = 2
_KEPT_HOSTS = 64
_CHUNK = 64 * 1024

# At DEBUG it logs whole addresses, and over plain http a key may be in the address.
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)


class RefusedAddressError(Exception):
    """The name leads into a private network."""


class TooLargeError(OSError):
    """The answer is larger than any answer has to be."""


@dataclass(slots=True)
class Exchange(timed.Exchange):
    """One request and what came back.

    Attributes:
        is_trusted: the address is from local settings, so it may be a private one.
        is_for_order: it changes something, or an order waits for it.
    """

    is_trusted: bool = False
    is_for_order: bool = False


def send(
    exchange: Exchange, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None
) -> None:
    """Send once and fill the exchange; a failure is kept there."""
    with exchanging(exchange):
        try:
            _send(exchange, method, url, headers=headers, body=body)
        except Exception as error:
            exchange.failure = error


def _send(
    exchange: Exchange, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None
) -> None:
    left = exchange.remaining()
    # Orders have a pool of their own, so that a slow list delays no refund.
    pool = _pool(is_trusted=exchange.is_trusted, is_for_order=exchange.is_for_order)
    response = pool.request(
        method,
        url,
        body=body,
        headers=dict(headers),
        retries=False,
        redirect=False,
        preload_content=False,
        pool_timeout=left,
        timeout=urllib3.Timeout(connect=min(CONNECT_SECONDS, left), read=left),
    )
    try:
        exchange.body = _whole(response)
    except BaseException:
        response.close()
        raise
    finally:
        response.release_conn()
    exchange.headers = {name.lower(): value for name, value in response.headers.items()}
    exchange.status = response.status


def _whole(response: urllib3.BaseHTTPResponse) -> bytes:
    read = bytearray()
    for chunk in response.stream(_CHUNK):
        read += chunk
        if len(read) > LARGEST_BODY:
            raise TooLargeError("the answer is too large")
    return bytes(read)


@cache
def _pool(*, is_trusted: bool, is_for_order: bool) -> urllib3.PoolManager:
    pool = urllib3.PoolManager(
        num_pools=_KEPT_HOSTS,
        maxsize=_IN_FLIGHT,
        block=True,
        ssl_context=ssl.create_default_context(),
    )
    pool.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
    return pool


# A child of fork must not talk over its parent's sockets: two processes would read each other's
# answers.
os.register_at_fork(after_in_child=_pool.cache_clear)


class _Guarded:
    """Connects to public addresses only."""

    host: str
    port: int
    sock: socket.socket | None

    def _new_conn(self) -> socket.socket:
        exchange = current()
        # The address that was looked at is the one that is used: a second look-up may differ.
        addresses = _addresses(self.host.strip("[]"), self.port, is_trusted=exchange.is_trusted)
        failure: OSError | None = None
        for address in addresses:
            try:
                wait = min(CONNECT_SECONDS, exchange.remaining())
                return socket.create_connection((address, self.port), timeout=wait)
            except OSError as error:
                failure = error
        raise failure or OSError("the name has no address")


def _addresses(host: str, port: int, *, is_trusted: bool) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not is_trusted and not all(_is_public(each) for each in addresses):
        raise RefusedAddressError("the name leads into a private network")
    return addresses


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    inner = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return (inner or ip).is_global and not ip.is_multicast


class _Connection(_Guarded, Connection):
    """Over plain http."""


class _SecureConnection(_Guarded, SecureConnection):
    """Over TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection
