"""The notes of the simulated helpdesk, under forced row security."""

import django.db.models.deletion
from django.db import migrations, models

import chargedesk.kit.ids
from chargedesk.base.row_security import EnableRowSecurity


class Migration(migrations.Migration):
    initial = True

    dependencies = [("tenants", "0002_row_security")]

    operations = [
        migrations.CreateModel(
            name="DemoNote",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=chargedesk.kit.ids.new_id,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("ticket", models.CharField(max_length=40)),
                ("key", models.CharField(max_length=120)),
                ("text", models.TextField()),
                ("author", models.CharField(blank=True, max_length=160)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["tenant", "ticket"], name="demo_note_ticket")],
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "key"), name="demo_note_once")
                ],
            },
        ),
        EnableRowSecurity("demo_demonote"),
    ]
