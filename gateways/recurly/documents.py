"""JSON with exact numbers: reads them as decimals, keeps each object's text, writes them back."""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NoReturn

_SPACE = re.compile(r"[ \t\n\r]*")
_SPACE_OR_COMMA = re.compile(r"[ \t\n\r,]*")

Sliced = tuple[dict[str, Any], bytes]

# What malformed text raises: its end an IndexError, a bottomless one a RecursionError, something
# else than an object a TypeError, everything else a ValueError.
UNREADABLE = (ValueError, TypeError, IndexError, RecursionError)


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of JSON")


# An amount such as 0.1 has no exact float.
_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse)


def parsed(text: str) -> dict[str, Any]:
    """The object that `text` holds; one of UNREADABLE if it holds none."""
    found = _DECODER.decode(text)
    if not isinstance(found, dict):
        raise TypeError("not a JSON object")
    return found


def items_with_text(text: str) -> tuple[dict[str, Any], list[Sliced]]:
    """Split a list into its other fields and the objects of `data` with their bytes."""
    fields: dict[str, Any] = {}
    items: list[Sliced] = []
    at = _inside(text)
    while text[at] != "}":
        key, end = _DECODER.raw_decode(text, at)
        at = _skip(_SPACE, text, _skip(_SPACE, text, end) + 1)
        if key == "data" and text[at] == "[":
            items, at = _elements(text, at)
        else:
            fields[key], at = _DECODER.raw_decode(text, at)
        at = _skip(_SPACE_OR_COMMA, text, at)
    return fields, items


def written(value: object) -> str:
    """JSON text in which a decimal keeps exactly its digits."""
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{written(str(k))}:{written(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(written(each) for each in value) + "]"
    return str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)


def _elements(text: str, at: int) -> tuple[list[Sliced], int]:
    found: list[Sliced] = []
    at = _skip(_SPACE, text, at + 1)
    while text[at] != "]":
        value, end = _DECODER.raw_decode(text, at)
        if not isinstance(value, dict):
            raise TypeError("a list of something else than objects")
        found.append((value, text[at:end].encode()))
        at = _skip(_SPACE_OR_COMMA, text, end)
    return found, at + 1


def _inside(text: str) -> int:
    at = _skip(_SPACE, text, 0)
    if text[at] != "{":
        raise ValueError("not a JSON object")
    return _skip(_SPACE, text, at + 1)


def _skip(what: re.Pattern[str], text: str, at: int) -> int:
    match = what.match(text, at)
    return match.end() if match else at
