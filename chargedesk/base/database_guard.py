"""Refuses a database that would break our promises, at the first connection of each process."""

import os
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from chargedesk.runtime.database_roles import refuse_powerful_session, refuse_unsafe_server
from chargedesk.runtime.errors import RuntimeSetupError


def watch_connections() -> None:
    """Look at the server when this process first connects."""
    connection_created.connect(_look_once, dispatch_uid="database_guard")


def _look_once(connection: BaseDatabaseWrapper, **_kwargs: Any) -> None:
    try:
        with connection.connection.cursor() as cursor:
            refuse_unsafe_server(cursor)
            if os.environ.get("OWNER_DATABASE_URL") != settings.DATABASE_URL:
                refuse_powerful_session(cursor)
    except RuntimeSetupError as error:
        connection.close()
        raise ImproperlyConfigured(str(error)) from error
    connection_created.disconnect(dispatch_uid="database_guard")
