"""Finds the JSON in a shop's answer, and keeps beside each object the shop's own text of it."""

import json
import re
from typing import Any

_DECODER = json.JSONDecoder()
_SPACE_OR_COMMA = re.compile(r"[ \t\n\r,]*")
# Where a document can begin behind the notices that PHP prints.
_BEGINNING = re.compile(r"[\[{]")
_MOST_BEGINNINGS = 200

Obj = dict[str, Any]
Sliced = tuple[Obj, bytes]

# What malformed text raises: its end an IndexError, a bottomless one a RecursionError.
UNREADABLE = (ValueError, IndexError, RecursionError)


def document(body: bytes) -> str:
    """The text of the one JSON document in `body`, without what PHP printed before it.

    ValueError if there is none that reaches to the end.
    """
    text = body.decode("utf-8-sig").strip()
    for count, found in enumerate(_BEGINNING.finditer(text)):
        if count >= _MOST_BEGINNINGS:
            break
        try:
            _, end = _DECODER.raw_decode(text, found.start())
        except UNREADABLE:
            continue
        if end == len(text):
            return text[found.start() :]
    raise ValueError("no JSON document")


def one(body: bytes) -> Obj:
    """The object answered; ValueError if it is none."""
    found = json.loads(document(body))
    if not isinstance(found, dict):
        raise ValueError("not an object")  # noqa: TRY004  as every other unreadable answer
    return found


def items_with_text(body: bytes) -> list[Sliced]:
    """The objects of a list with their bytes; ValueError if it is no list of objects."""
    text = document(body)
    if not text.startswith("["):
        raise ValueError("not a list")
    found: list[Sliced] = []
    at = _skip(text, 1)
    while text[at] != "]":
        value, end = _DECODER.raw_decode(text, at)
        if not isinstance(value, dict):
            raise ValueError("not a list of objects")  # noqa: TRY004  likewise
        found.append((value, text[at:end].encode()))
        at = _skip(text, end)
    return found


def _skip(text: str, at: int) -> int:
    match = _SPACE_OR_COMMA.match(text, at)
    return match.end() if match else at
