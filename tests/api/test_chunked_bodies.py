"""An order sent in chunks, as some programs send everything, is read like any other."""

import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests

from chargedesk.base.whole_bodies import LARGEST_BODY
from tests.api.test_gateway_methods import traces
from tests.api.world import World, make_world
from tests.conftest import Running

FORM, JSON = "application/x-www-form-urlencoded", "application/json"


@pytest.fixture
def world(committed_db: None) -> World:
    """A tenant that another process can see, with a charge of 34.00."""
    world = make_world()
    world.add_charge("ch_a")
    return world


@pytest.mark.parametrize(
    ("media_type", "body"),
    [(FORM, "amount=10.001"), (JSON, json.dumps({"amount": "10.001"}))],
)
def test_the_amount_of_a_chunked_order_is_read(
    world: World, live_web: Running, media_type: str, body: str
) -> None:
    """Read as empty, it would be an order to refund everything."""
    answer = _sent(live_web, world, body.encode(), media_type)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["incorrect_parameter"] == "amount"
    assert traces(world) == (0, 0, 0)


@pytest.mark.parametrize("size", [300 * 1024, LARGEST_BODY + 1])
def test_a_chunked_body_has_the_limits_of_any_other(
    world: World, live_web: Running, size: int
) -> None:
    answer = _sent(live_web, world, b"a" * size, FORM)
    assert answer.status_code == 413, answer.text
    assert traces(world) == (0, 0, 0)


def test_broken_chunks_are_refused(world: World, live_web: Running) -> None:
    address = urlsplit(live_web.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as wire:
        head = [
            "POST /v1/gateway/charges/ch_a/refund HTTP/1.1",
            f"Host: {address.netloc}",
            f"Authorization: Bearer {world.secret}",
            f"Content-Type: {FORM}",
            "Transfer-Encoding: chunked",
        ]
        wire.sendall("\r\n".join([*head, "", "zz\r\namount=1.00\r\n0\r\n\r\n"]).encode())
        assert wire.recv(65536).startswith(b"HTTP/1.1 400")
    assert traces(world) == (0, 0, 0)


def _sent(web: Running, world: World, body: bytes, media_type: str) -> requests.Response:
    return requests.post(
        f"{web.url}/v1/gateway/charges/ch_a/refund",
        data=_in_pieces(body),
        headers={"Authorization": f"Bearer {world.secret}", "Content-Type": media_type},
        timeout=30,
    )


def _in_pieces(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), 65536):
        yield body[start : start + 65536]
