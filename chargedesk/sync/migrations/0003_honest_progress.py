"""Add what honest progress needs: time worked, failures in a row, new rows, unreadable objects."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sync", "0002_row_security")]

    operations = [
        migrations.AddField("syncrun", "failures", models.PositiveSmallIntegerField(default=0)),
        migrations.AddField("syncrun", "active_ms", models.BigIntegerField(default=0)),
        migrations.AddField("syncphase", "created", models.PositiveIntegerField(default=0)),
        migrations.AddField("syncphase", "unreadable", models.JSONField(default=list)),
    ]
