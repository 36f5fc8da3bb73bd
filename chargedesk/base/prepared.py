"""Statements that PostgreSQL plans once per connection: a large one costs more to plan than to run.

By itself PostgreSQL would plan one anew five times, and then wherever it expects a better plan for
the values at hand. Our connections (`base/postgresql`) spare that, so every value must do with the
same plan. Behind a transaction pooler a connection cannot keep them; DISABLE_SERVER_SIDE_CURSORS
says so, and then they are planned each time.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection as database

# What each server connection has prepared; it ends with the connection.
_kept: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()
# What the names of prepared statements begin with.
PREFIX = "p_"
_PLACE = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True)
class Prepared:
    """A statement with its parameters' types, by name; `%(name)s` in the SQL stands for them."""

    sql: str
    types: Mapping[str, str]

    def execute(self, cursor: Any, values: Mapping[str, Any]) -> None:
        """Run it on Django's cursor, as one statement; the first time here it is planned."""
        cursor.execute(self.call(), values)

    def call(self) -> str:
        """The SQL that runs it on this connection, with its parameters by name."""
        if database.settings_dict["DISABLE_SERVER_SIDE_CURSORS"]:
            return self.sql
        self._prepare()
        return self._call

    def message(self, cursor: Any, values: Mapping[str, Any]) -> str:
        """The SQL with its values in it, to be sent together with another statement's."""
        text: bytes = cursor.mogrify(self.call(), values)
        return text.decode()

    def _prepare(self) -> None:
        database.ensure_connection()
        kept = _kept.setdefault(database.connection, set())
        if self._name in kept:
            return
        # Like the settings of a new connection, this is no statement of the caller's.
        with database.connection.cursor() as cursor:
            cursor.execute(self._definition)
        kept.add(self._name)

    @cached_property
    def _name(self) -> str:
        return f"{PREFIX}{hashlib.sha256(self.sql.encode()).hexdigest()[:16]}"

    @cached_property
    def _call(self) -> str:
        places = ", ".join(f"%({name})s::{kind}" for name, kind in self.types.items())
        return f"EXECUTE {self._name}({places})"

    @cached_property
    def _definition(self) -> str:
        numbers = {name: number for number, name in enumerate(self.types, 1)}
        numbered = _PLACE.sub(lambda place: f"${numbers[place[1]]}", self.sql).replace("%%", "%")
        return f"PREPARE {self._name} ({', '.join(self.types.values())}) AS {numbered}"
