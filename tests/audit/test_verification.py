"""Every way to tamper with the audit log in the database is found, and the place is named."""
# ruff: noqa: S608  the SQL is made of constants of this file

import io
import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import psycopg2
import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection
from pytest_django.fixtures import Settings

from audit.chain import entry_hash
from audit.export import check_export, csv_lines, write_export
from audit.models import AuditEvent, AuditHead
from audit.selectors import AuditFilter, entries
from audit.services import Actor, record
from audit.verbs import Verb
from audit.verification import Fault, verify_log
from chargedesk.base import scoping
from chargedesk.tenants.models import Tenant
from tests.services.accounts import new_tenant
from tests.services.ground import Ground

ANNA = Actor(kind="member", id="anna", label="Anna Example", ip="2001:db8::1")
TABLES = ("audit_auditevent", "audit_audithead")
Tamper = Callable[[str], None]


@pytest.fixture
def tenant_id(committed_db: None) -> UUID:
    """A tenant whose log has six entries."""
    tenant = Tenant.objects.create(slug=f"log-{uuid4().hex[:10]}", name="Log")
    with scoping.tenant(tenant.id):
        for number in range(6):
            record(
                Verb.LIMIT_CHANGED,
                actor=ANNA,
                object_kind="role_limit",
                object_id=number,
                reason="Because “it” matters",
                details={"before": None, "after": number, "nested": {"ä": [1, "x"]}},
            )
    return tenant.id


@pytest.fixture
def tamper(ground: Ground, tenant_id: UUID) -> Iterator[Tamper]:
    """Run SQL as the database's owner, with triggers and row security switched off.

    Afterwards the log is as it was: other tests check the logs of all tenants.
    """
    owner = psycopg2.connect(ground.services.owner_database_url)
    owner.autocommit = True

    def run(sql: str) -> None:
        with owner.cursor() as cursor:
            for table in TABLES:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
                cursor.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
            cursor.execute(sql, {"tenant": str(tenant_id)})
            for table in TABLES:
                cursor.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")

    for table in TABLES:
        run(f"CREATE TEMP TABLE kept_{table} AS SELECT * FROM {table} WHERE tenant_id = %(tenant)s")
    yield run
    for table in TABLES:
        run(
            f"DELETE FROM {table} WHERE tenant_id = %(tenant)s;"
            f"INSERT INTO {table} SELECT * FROM kept_{table}"
        )
    run(f"ALTER TABLE audit_auditevent DROP CONSTRAINT IF EXISTS audit_seq_from_one; {_WITH_CHECK}")
    owner.close()


def test_an_untouched_log_is_intact(tenant_id: UUID) -> None:
    verdict = verify_log(tenant_id)

    assert (verdict.is_intact, verdict.entries) == (True, 6)


@pytest.mark.parametrize(
    "sql", ["UPDATE audit_auditevent SET reason = 'x'", "DELETE FROM audit_auditevent"]
)
def test_the_app_role_cannot_change_an_entry(tenant_id: UUID, sql: str) -> None:
    with (
        pytest.raises(DatabaseError, match="append-only"),
        scoping.tenant(tenant_id),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)


CHANGES = {
    "verb": "'limit.removed'",
    "at": "at + interval '1 microsecond'",
    "actor_kind": "'system'",
    "actor_id": "'bob'",
    "actor_label": "'Bob'",
    "on_behalf_of": "'zendesk:1'",
    "object_kind": "'other'",
    "object_id": "'99'",
    "reason": "'another reason'",
    "result": "'done'",
    "ip": "'192.0.2.9'",
    "details": """'{"after": 999}'""",
    "id": "gen_random_uuid()",
}


@pytest.mark.parametrize("column", CHANGES)
def test_a_change_in_any_column_is_found(tenant_id: UUID, tamper: Tamper, column: str) -> None:
    tamper(
        f"UPDATE audit_auditevent SET {column} = {CHANGES[column]}"
        " WHERE tenant_id = %(tenant)s AND seq = 3"
    )

    assert _flaw(tenant_id) == (3, Fault.CHANGED)


_COPIED = (
    "at, verb, actor_kind, actor_id, actor_label, on_behalf_of, object_kind, object_id, reason,"
    " result, ip, details, previous_hash, hash, tenant_id FROM audit_auditevent"
)
# Whoever owns the database can take its check away; `tamper` brings it back.
_WITHOUT_CHECK = "ALTER TABLE audit_auditevent DROP CONSTRAINT audit_seq_from_one;"
_WITH_CHECK = "ALTER TABLE audit_auditevent ADD CONSTRAINT audit_seq_from_one CHECK (seq >= 1)"
MANIPULATIONS = {
    "gap": (
        "DELETE FROM audit_auditevent WHERE tenant_id = %(tenant)s AND seq = 4",
        4,
        Fault.MISSING,
    ),
    "first gone": (
        "DELETE FROM audit_auditevent WHERE tenant_id = %(tenant)s AND seq = 1",
        1,
        Fault.MISSING,
    ),
    "tail cut": (
        "DELETE FROM audit_auditevent WHERE tenant_id = %(tenant)s AND seq > 4",
        5,
        Fault.TAIL_CUT,
    ),
    "all gone": ("DELETE FROM audit_auditevent WHERE tenant_id = %(tenant)s", 1, Fault.TAIL_CUT),
    "tail cut and head set back": (
        "DELETE FROM audit_auditevent WHERE tenant_id = %(tenant)s AND seq > 4;"
        "UPDATE audit_audithead SET seq = 4, hash = (SELECT hash FROM audit_auditevent e"
        " WHERE e.tenant_id = %(tenant)s AND e.seq = 4) WHERE tenant_id = %(tenant)s",
        4,
        Fault.HEAD_CHANGED,
    ),
    "head gone": (
        "DELETE FROM audit_audithead WHERE tenant_id = %(tenant)s",
        1,
        Fault.HEAD_MISSING,
    ),
    "all gone, and the head": (
        "DELETE FROM audit_auditevent WHERE tenant_id = %(tenant)s;"
        "DELETE FROM audit_audithead WHERE tenant_id = %(tenant)s",
        1,
        Fault.EMPTY,
    ),
    "all gone, and the head as if new": (
        "DELETE FROM audit_auditevent WHERE tenant_id = %(tenant)s;"
        "UPDATE audit_audithead SET seq = 0, hash = '', seal = '' WHERE tenant_id = %(tenant)s",
        1,
        Fault.EMPTY,
    ),
    "added before the first": (
        f"{_WITHOUT_CHECK} INSERT INTO audit_auditevent SELECT gen_random_uuid(), -5, {_COPIED}"
        " WHERE tenant_id = %(tenant)s AND seq = 6",
        -5,
        Fault.ADDED,
    ),
    "head changed": (
        "UPDATE audit_audithead SET hash = repeat('a', 64) WHERE tenant_id = %(tenant)s",
        6,
        Fault.HEAD_CHANGED,
    ),
    "swapped": (
        "UPDATE audit_auditevent SET seq = 100 + seq"
        " WHERE tenant_id = %(tenant)s AND seq IN (2, 5);"
        "UPDATE audit_auditevent SET seq = CASE seq WHEN 102 THEN 5 ELSE 2 END"
        " WHERE tenant_id = %(tenant)s AND seq > 100",
        2,
        Fault.CHANGED,
    ),
    "added behind the head": (
        f"INSERT INTO audit_auditevent SELECT gen_random_uuid(), 7, {_COPIED}"
        " WHERE tenant_id = %(tenant)s AND seq = 6",
        7,
        Fault.ADDED,
    ),
}


@pytest.mark.parametrize("name", MANIPULATIONS)
def test_a_manipulation_is_found_where_it_was_done(
    tenant_id: UUID, tamper: Tamper, name: str
) -> None:
    sql, seq, fault = MANIPULATIONS[name]
    tamper(sql)

    assert _flaw(tenant_id) == (seq, fault)


def test_a_log_rewritten_to_its_end_with_new_hashes_is_found(
    tenant_id: UUID, tamper: Tamper
) -> None:
    with scoping.tenant(tenant_id):
        rows = list(AuditEvent.objects.order_by("seq"))
    previous = rows[2].previous_hash
    rows[2].reason = "forged"
    for row in rows[2:]:
        new = entry_hash(previous, vars(row))
        tamper(
            f"UPDATE audit_auditevent SET reason = '{row.reason}', previous_hash = '{previous}',"
            f" hash = '{new}' WHERE tenant_id = %(tenant)s AND seq = {row.seq}"
        )
        previous = new
    tamper(f"UPDATE audit_audithead SET hash = '{previous}' WHERE tenant_id = %(tenant)s")

    assert _flaw(tenant_id) == (6, Fault.HEAD_CHANGED)


def test_seals_outlive_the_key_that_made_them_while_it_is_named(
    tenant_id: UUID, settings: Settings
) -> None:
    old, settings.SECRET_KEY = settings.SECRET_KEY, "a-new-key"
    assert _flaw(tenant_id) == (6, Fault.HEAD_CHANGED)

    settings.SECRET_KEY_FALLBACKS = [old]
    assert verify_log(tenant_id).is_intact


def test_the_log_goes_on_after_a_check(tenant_id: UUID) -> None:
    with scoping.tenant(tenant_id):
        record(Verb.LIMIT_CHANGED, actor=ANNA, object_kind="role_limit", object_id="7")

    assert verify_log(tenant_id).entries == 7


def test_a_record_that_is_rolled_back_leaves_no_trace(tenant_id: UUID) -> None:
    def fail() -> None:
        with scoping.tenant(tenant_id):
            record(Verb.LIMIT_CHANGED, actor=ANNA, object_kind="role_limit", object_id="8")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert verify_log(tenant_id).is_intact


def test_the_command_names_the_first_bad_entry(
    tenant_id: UUID, tamper: Tamper, capsys: pytest.CaptureFixture[str]
) -> None:
    tamper("UPDATE audit_auditevent SET reason = 'x' WHERE tenant_id = %(tenant)s AND seq = 3")
    with pytest.raises(SystemExit) as ended:
        call_command("verify_audit", "--json")
    told = json.loads(capsys.readouterr().out)

    assert ended.value.code == 1
    assert (told["intact"], told["seq"], told["fault"]) == (False, 3, "changed")


def test_the_command_says_that_all_is_intact(
    tenant_id: UUID, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("verify_audit")

    assert re.fullmatch(r"\d+ entries, \d+ tenants, intact\n", capsys.readouterr().out)


def test_an_export_can_be_checked_later(tenant_id: UUID) -> None:
    lines = _exported(tenant_id)

    assert check_export(lines).problem == ""
    assert check_export(lines[:-1]).problem == "the file has no head: it was cut"
    assert "missing" in check_export([*lines[:-2], lines[-1]]).problem
    forged = [line.replace("Anna Example", "Somebody Else") for line in lines]
    assert check_export(forged).problem == "entry 1 is not what was written"


def test_an_export_tells_that_the_database_was_set_back(tenant_id: UUID, tamper: Tamper) -> None:
    lines = _exported(tenant_id)
    tamper("DELETE FROM audit_auditevent WHERE tenant_id = %(tenant)s AND seq > 3")

    assert check_export(lines).problem.startswith("the database tells another story")


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_a_cell_of_the_csv_is_never_a_formula(tenant_id: UUID, start: str) -> None:
    with scoping.tenant(tenant_id):
        record(
            Verb.LIMIT_CHANGED, actor=ANNA, object_kind="role_limit", object_id="9", reason=start
        )
    newest = list(csv_lines(tenant_id, AuditFilter()))[1]

    assert f"'{start}" in newest


def test_filters_find_by_who_what_and_to_what(tenant_id: UUID) -> None:
    def found(**wanted: Any) -> list[int]:
        with scoping.tenant(tenant_id):
            return [entry.seq for entry in entries(AuditFilter(**wanted))]

    assert (
        found(actor="anna") == found(actor="example") == found(verb="limit") == [6, 5, 4, 3, 2, 1]
    )
    assert found(object="role_limit:2") == found(object="2") == [3]
    assert found(verb="member") == found(actor="bob") == []


def test_another_tenant_has_another_log(tenant_id: UUID) -> None:
    other = new_tenant()
    with scoping.tenant(other.id):
        assert AuditEvent.objects.get().verb == Verb.TENANT_CREATED
        assert AuditHead.objects.get().seq == 1
    assert verify_log(other.id).entries == 1


def test_the_app_role_cannot_number_an_entry_below_the_first(tenant_id: UUID) -> None:
    with (
        pytest.raises(DatabaseError, match="audit_seq_from_one"),
        scoping.tenant(tenant_id),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            f"INSERT INTO audit_auditevent SELECT gen_random_uuid(), 0, {_COPIED}"
            " WHERE tenant_id = %s AND seq = 6",
            [tenant_id],
        )


def _exported(tenant_id: UUID) -> list[str]:
    out = io.StringIO()
    write_export(tenant_id, out)
    return out.getvalue().splitlines()


def _flaw(tenant_id: UUID) -> tuple[int, Fault]:
    flaw = verify_log(tenant_id).flaw
    assert flaw is not None
    return flaw.seq, flaw.fault
