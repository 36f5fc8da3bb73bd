"""Turns PayPal's objects into snapshots: pure functions, and a table from PayPal's word to each."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import wraps
from typing import ParamSpec, TypeVar

from gateways.errors import PayloadError
from gateways.paypal.mapping.values import MISSHAPEN, Obj, Seen

Params = ParamSpec("Params")
Result = TypeVar("Result")


def refusing_misshapen(reads: Callable[Params, Result]) -> Callable[Params, Result]:
    """Let `reads` raise PayloadError where an answer of PayPal lacks what it must have."""

    @wraps(reads)
    def refusing(*args: Params.args, **kwargs: Params.kwargs) -> Result:
        try:
            return reads(*args, **kwargs)
        except MISSHAPEN as error:
            raise PayloadError(f"PayPal's answer lacks something: {error!r:.120}.") from error

    return refusing


def nested(obj: Mapping[str, object], as_of: datetime) -> Seen:
    """The picture of an object that came inside another."""
    text = json.dumps(obj, separators=(",", ":"), ensure_ascii=False)
    return Seen(as_of=as_of, raw=text.encode())


__all__ = ["Obj", "Seen", "nested", "refusing_misshapen"]
