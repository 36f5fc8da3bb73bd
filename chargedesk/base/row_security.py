"""Row-level security: policies of tenant-owned tables, and the tables that have none."""

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from chargedesk.base.scoping import LOOKUP_SETTING, TENANT_SETTING

# Tables that belong to no tenant: sign-in, sessions, the framework's own, and the list of tenants
# itself, which sweeps walk. The catalogue test fails for any other table without a forced policy.
TABLES_WITHOUT_POLICY = frozenset(
    {
        "account_emailaddress",
        "account_emailconfirmation",
        "auth_group",
        "auth_group_permissions",
        "auth_permission",
        "django_content_type",
        "django_migrations",
        "django_session",
        "mfa_authenticator",
        "tenants_tenant",
        "tenants_user",
    }
)

_OWN_ROWS = f"tenant_id = nullif(current_setting('{TENANT_SETTING}', true), '')::uuid"


class EnableRowSecurity(Operation):
    """Force row-level security on a table with a `tenant_id` column.

    `lookup` names a column by which a row may be read before the tenant is known (it leads to the
    tenant).
    """

    reversible = True
    reduces_to_sql = True

    def __init__(self, table: str, *, lookup: str = "") -> None:
        self.table = table
        self.lookup = lookup

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [self.table], {"lookup": self.lookup} if self.lookup else {}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Policies are no part of Django's model state."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        schema_editor.execute(f"ALTER TABLE {self.table} ENABLE ROW LEVEL SECURITY")
        schema_editor.execute(f"ALTER TABLE {self.table} FORCE ROW LEVEL SECURITY")
        schema_editor.execute(
            f"CREATE POLICY own_rows ON {self.table} USING ({_OWN_ROWS}) WITH CHECK ({_OWN_ROWS})"
        )
        if self.lookup:
            schema_editor.execute(
                f"CREATE POLICY by_lookup ON {self.table} FOR SELECT "
                f"USING ({self.lookup}::text = "
                f"nullif(current_setting('{LOOKUP_SETTING}', true), ''))"
            )

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        schema_editor.execute(f"DROP POLICY IF EXISTS by_lookup ON {self.table}")
        schema_editor.execute(f"DROP POLICY IF EXISTS own_rows ON {self.table}")
        schema_editor.execute(f"ALTER TABLE {self.table} NO FORCE ROW LEVEL SECURITY")
        schema_editor.execute(f"ALTER TABLE {self.table} DISABLE ROW LEVEL SECURITY")

    def describe(self) -> str:
        return f"Force row-level security on {self.table}"
