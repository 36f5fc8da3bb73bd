"""Keys of the callers that tell records."""

import chargedesk.kit.ids
import django.db.models.deletion
from django.db import migrations, models

from chargedesk.base.row_security import EnableRowSecurity


class Migration(migrations.Migration):

    dependencies = [
        ('actions', '0003_result_links'),
        ('tenants', '0006_webhook_health'),
    ]

    operations = [
        migrations.CreateModel(
            name='RecordKey',
            fields=[
                ('id', models.UUIDField(default=chargedesk.kit.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('fingerprint', models.CharField(max_length=64)),
                ('object_id', models.UUIDField(null=True)),
                ('created_at', models.DateTimeField()),
                ('tenant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant')),
            ],
            options={
                'abstract': False,
            },
        ),
        EnableRowSecurity("actions_recordkey"),
    ]
