"""Force row-level security on the audit log, and let nobody change or delete an entry."""

from django.db import migrations

from chargedesk.base.row_security import EnableRowSecurity

APPEND_ONLY = """
CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The audit log is append-only.' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit_auditevent
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER never_truncated BEFORE TRUNCATE ON audit_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
"""
REVERSE = """
DROP TRIGGER never_truncated ON audit_auditevent;
DROP TRIGGER append_only ON audit_auditevent;
DROP FUNCTION audit_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        EnableRowSecurity("audit_auditevent"),
        EnableRowSecurity("audit_audithead"),
        migrations.RunSQL(APPEND_ONLY, REVERSE),
    ]
