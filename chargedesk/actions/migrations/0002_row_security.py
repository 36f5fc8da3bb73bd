"""Force row-level security on every table of this part."""

from django.db import migrations

from chargedesk.base.row_security import EnableRowSecurity


class Migration(migrations.Migration):
    dependencies = [("actions", "0001_initial")]

    operations = [
        EnableRowSecurity("actions_actionintent"),
        EnableRowSecurity("actions_try"),
        EnableRowSecurity("actions_approval"),
        EnableRowSecurity("actions_spentbudget"),
    ]
