"""Model fields Django does not have: transaction ids, currency codes, minor units."""

from typing import Any

from django.db import models
from django.db.models.expressions import Func


class CurrentTransactionId(Func):
    """PostgreSQL's id of the running transaction."""

    function = "pg_current_xact_id"
    template = "%(function)s()"


class TransactionIdField(models.BigIntegerField):  # type: ignore[type-arg]
    """PostgreSQL's `xid8`: the id of the transaction that wrote the row, filled by the database."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["db_default"] = CurrentTransactionId()
        kwargs["editable"] = False
        super().__init__(*args, **kwargs)

    def db_type(self, connection: Any) -> str:
        return "xid8"


class CurrencyField(models.CharField):  # type: ignore[type-arg]
    """An upper-case ISO 4217 code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_length"] = 3
        super().__init__(*args, **kwargs)


class MinorField(models.BigIntegerField):  # type: ignore[type-arg]
    """An amount in minor units of the row's `currency`."""
