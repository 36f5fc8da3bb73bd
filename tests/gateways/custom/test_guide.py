"""The guide's example is what we send, and its program verifies it."""

import json
import re
from collections.abc import Callable
from typing import Any

from gateways.functions import signature
from tests.contracts.new_gateway import ROOT

GUIDE = (ROOT / "docs" / "guides" / "custom-integration.md").read_text()
Verify = Callable[[str, dict[str, str], bytes], bool]


def _example() -> tuple[str, dict[str, str], bytes]:
    block = re.search(r"POST /chargedesk/refund\n(.*?)\n\n(\{.*?\})\n```", GUIDE, re.DOTALL)
    secret = re.search(r"`(whsec_[^`]+)`", GUIDE)
    assert block is not None
    assert secret is not None
    headers = dict(line.split(": ", 1) for line in block[1].splitlines())
    return secret[1], headers, block[2].encode()


def test_the_example_is_signed_as_we_sign() -> None:
    secret, headers, body = _example()
    made = signature(secret, headers["webhook-id"], headers["webhook-timestamp"], body)
    assert headers["webhook-signature"] == made
    assert json.loads(body)["refund_amount"] == 25


def test_the_example_s_program_verifies_it() -> None:
    program = re.search(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    assert program is not None
    names: dict[str, Any] = {}
    exec(program[1], names)  # noqa: S102  the guide is ours
    is_signed: Verify = names["is_signed"]
    secret, headers, body = _example()
    assert is_signed(secret, headers, body)
    assert not is_signed(secret, headers, body + b" ")


def test_the_example_is_written_as_a_call_is() -> None:
    from gateways.functions import _text  # noqa: PLC0415

    _, _, body = _example()
    call = json.loads(body, parse_float=str)
    assert _text(call).encode() == body
