"""Parses an answer and keeps, beside each object, the provider's own text of it."""

import json
import re
from typing import Any

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\n\r]*")
_SPACE_OR_COMMA = re.compile(r"[ \t\n\r,]*")

Sliced = tuple[dict[str, Any], bytes]

# What malformed text raises here and in `json`: its end an IndexError, a bottomless one a
# RecursionError, everything else a ValueError.
UNREADABLE = (ValueError, IndexError, RecursionError)


def items_with_text(text: str) -> tuple[dict[str, Any], list[Sliced]]:
    """Split a Stripe list into its other fields and the items of `data` with their bytes."""
    fields: dict[str, Any] = {}
    items: list[Sliced] = []
    at = _inside(text, 0)
    while text[at] != "}":
        key, at = _key(text, at)
        if key == "data" and text[at] == "[":
            items, at = _elements(text, at)
        else:
            fields[key], at = _DECODER.raw_decode(text, at)
        at = _skip(_SPACE_OR_COMMA, text, at)
    return fields, items


def text_of(text: str, *path: str) -> str:
    """The text of the value at `path` inside the object `text`; empty if there is none."""
    at = 0
    for wanted in path:
        at = _inside(text, at)
        while text[at] != "}":
            key, at = _key(text, at)
            if key == wanted:
                break
            at = _skip(_SPACE_OR_COMMA, text, _DECODER.raw_decode(text, at)[1])
        else:
            return ""
    return text[at : _DECODER.raw_decode(text, at)[1]]


def _elements(text: str, at: int) -> tuple[list[Sliced], int]:
    found: list[Sliced] = []
    at = _skip(_SPACE, text, at + 1)
    while text[at] != "]":
        value, end = _DECODER.raw_decode(text, at)
        found.append((value, text[at:end].encode()))
        at = _skip(_SPACE_OR_COMMA, text, end)
    return found, at + 1


def _inside(text: str, at: int) -> int:
    at = _skip(_SPACE, text, at)
    if text[at] != "{":
        raise ValueError("not a JSON object")
    return _skip(_SPACE, text, at + 1)


def _key(text: str, at: int) -> tuple[str, int]:
    key, end = _DECODER.raw_decode(text, at)
    return key, _skip(_SPACE, text, _skip(_SPACE, text, end) + 1)


def _skip(what: re.Pattern[str], text: str, at: int) -> int:
    match = what.match(text, at)
    return match.end() if match else at
