"""Reads form bodies and query strings with nested names, and checks single values."""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

from sandbox.stripe.errors import StripeError
from sandbox.wire import Json

NAME = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")
PART = re.compile(r"\[([^\[\]]*)\]")
MAX_METADATA_KEYS, MAX_METADATA_KEY, MAX_METADATA_VALUE = 50, 40, 500
MAX_AMOUNT = 99_999_999


def parse_form(text: str) -> Json:
    """Turn `a[b]=1&c[]=2&d[0]=3` into {"a": {"b": "1"}, "c": ["2"], "d": ["3"]}."""
    tree: Json = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        match = NAME.match(name)
        if match is None:
            raise StripeError(f"Invalid parameter name: {name}", param=name)
        _put(tree, [match[1], *PART.findall(match[2])], value)
    return {name: _lists(value) for name, value in tree.items()}


def _put(tree: Json, path: list[str], value: str) -> None:
    for step in path[:-1]:
        branch = tree.setdefault(step or str(len(tree)), {})
        if not isinstance(branch, dict):
            raise StripeError(f"Invalid {path[0]}", param=path[0])
        tree = branch
    last = path[-1]
    tree[last or str(len(tree))] = value


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    branch = {name: _lists(item) for name, item in value.items()}
    if branch and all(name.isdigit() for name in branch):
        return [branch[name] for name in sorted(branch, key=int)]
    return branch


def refuse_unknown(params: Json, known: Iterable[str]) -> None:
    """Refuse the first parameter the endpoint does not have."""
    for name in params:
        if name not in known:
            raise StripeError(
                f"Received unknown parameter: {name}",
                code="parameter_unknown",
                param=name,
            )


def whole(params: Json, name: str, *, at_least: int = 0) -> int | None:
    """Read an integer parameter, or None if it was not sent."""
    text = params.get(name)
    if text is None:
        return None
    if not isinstance(text, str) or not re.fullmatch(r"-?\d{1,15}", text):
        raise StripeError(f"Invalid integer: {text}", code="parameter_invalid_integer", param=name)
    if int(text) < at_least:
        raise StripeError(
            f"This value must be greater than or equal to {at_least}.",
            code="parameter_invalid_integer",
            param=name,
        )
    return int(text)


def amount_of(params: Json, name: str) -> int | None:
    """Read a positive amount in Stripe's minor units, or None if it was not sent."""
    value = whole(params, name, at_least=1)
    if value is not None and value > MAX_AMOUNT:
        raise StripeError(
            "Amount must be no more than 99,999,999",
            code="amount_too_large",
            param=name,
        )
    return value


def flag(params: Json, name: str) -> bool | None:
    """Read a boolean parameter, or None if it was not sent."""
    text = params.get(name)
    if text is None:
        return None
    if text not in {"true", "false"}:
        raise StripeError(f"Invalid boolean: {text}", param=name)
    return bool(text == "true")


def choice(params: Json, name: str, allowed: tuple[str, ...]) -> str | None:
    """Read a parameter with a closed list of values, or None if it was not sent."""
    text = params.get(name)
    if text is None or text in allowed:
        return text
    listed = ", ".join(allowed[:-1]) + f", or {allowed[-1]}"
    raise StripeError(f"Invalid {name}: must be one of {listed}", param=name)


def need(params: Json, name: str) -> str:
    """Read a parameter that must be there."""
    value = params.get(name)
    if value in {None, ""}:
        raise StripeError(f"Missing required param: {name}.", code="parameter_missing", param=name)
    return str(value)


def merged_metadata(before: Json, params: Json) -> Json:
    """Apply a metadata parameter: an empty value removes a key, an empty parameter removes all."""
    given = params.get("metadata")
    if given is None:
        return before
    if given == "":
        return {}
    if not isinstance(given, dict):
        raise StripeError("Invalid object", param="metadata")
    for name, value in given.items():
        _check_metadata(name, value)
    merged = {**before, **given}
    kept = {name: value for name, value in merged.items() if value != ""}
    if len(kept) > MAX_METADATA_KEYS:
        raise StripeError(f"Metadata can have at most {MAX_METADATA_KEYS} keys.", param="metadata")
    return kept


def _check_metadata(name: str, value: Any) -> None:
    if len(name) > MAX_METADATA_KEY:
        raise StripeError(
            f"Metadata keys can be at most {MAX_METADATA_KEY} characters.",
            param="metadata",
        )
    if not isinstance(value, str) or len(value) > MAX_METADATA_VALUE:
        raise StripeError(
            f"Metadata values can be at most {MAX_METADATA_VALUE} characters.",
            param=f"metadata[{name}]",
        )
