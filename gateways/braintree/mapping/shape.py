"""What happens when an object lacks the shape it should have: a PayloadError, never a crash."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from gateways.errors import PayloadError

Params = ParamSpec("Params")
Result = TypeVar("Result")

# What reading an object of another shape raises; a time beyond the calendar is an OSError.
MISSHAPEN = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, OSError)


def refusing_misshapen(reads: Callable[Params, Result]) -> Callable[Params, Result]:
    """Let `reads` raise PayloadError where an answer of Braintree lacks what it must have."""

    @wraps(reads)
    def refusing(*args: Params.args, **kwargs: Params.kwargs) -> Result:
        try:
            return reads(*args, **kwargs)
        except MISSHAPEN as error:
            raise PayloadError(f"Braintree's answer lacks something: {error!r:.120}.") from error

    return refusing
