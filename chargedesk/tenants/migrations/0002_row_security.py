"""Force row-level security on every table of this part."""

from django.db import migrations

from chargedesk.base.row_security import EnableRowSecurity


class Migration(migrations.Migration):
    dependencies = [("tenants", "0001_initial")]

    operations = [
        EnableRowSecurity("tenants_member", lookup="user_id"),
        EnableRowSecurity("tenants_rolelimit"),
        EnableRowSecurity("tenants_connection", lookup="id"),
        EnableRowSecurity("tenants_apikey", lookup="hash"),
    ]
