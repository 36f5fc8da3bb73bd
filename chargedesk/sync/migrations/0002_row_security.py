"""Force row-level security on every table of this part."""

from django.db import migrations

from chargedesk.base.row_security import EnableRowSecurity


class Migration(migrations.Migration):
    dependencies = [("sync", "0001_initial")]

    operations = [
        EnableRowSecurity("sync_inboundevent"),
        EnableRowSecurity("sync_syncrun"),
        EnableRowSecurity("sync_syncphase"),
    ]
