"""Seal the head of each chain, so that a chain rewritten to its end is found, too."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_row_security")]

    operations = [
        migrations.AddField(
            model_name="audithead",
            name="seal",
            field=models.CharField(default="", max_length=64),
        ),
    ]
