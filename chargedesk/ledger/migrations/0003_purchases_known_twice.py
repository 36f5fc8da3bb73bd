"""Purchases known twice: which charge tells of the money of which other one."""

import chargedesk.base.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0002_row_security'),
        ('tenants', '0003_money_paused_at'),
    ]

    operations = [
        migrations.AddField(
            model_name='charge',
            name='inside_refunded_minor',
            field=chargedesk.base.fields.MinorField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='charge',
            name='is_shadow',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='charge',
            name='paid_through',
            field=models.CharField(blank=True, db_default='', default='', max_length=290),
        ),
        migrations.AddIndex(
            model_name='charge',
            index=models.Index(condition=models.Q(('paid_through__gt', '')), fields=['paid_through'], name='charge_paid_through'),
        ),
        migrations.AddIndex(
            model_name='charge',
            index=models.Index(condition=models.Q(('paid_through__gt', '')), fields=['recorded_at'], name='charge_outer_recent'),
        ),
    ]
