"""Warnings of fraud: a card's bank reports a charge."""

import chargedesk.kit.ids
import django.db.models.deletion
from django.db import migrations, models

from chargedesk.base.row_security import EnableRowSecurity


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0008_unfinished'),
        ('tenants', '0006_webhook_health'),
    ]

    operations = [
        migrations.AlterField(
            model_name='change',
            name='object',
            field=models.CharField(choices=[('customer', 'Customer'), ('gateway_customer', 'Gateway Customer'), ('payment_method', 'Payment Method'), ('money_root', 'Money Root'), ('charge', 'Charge'), ('refund', 'Refund'), ('dispute', 'Dispute'), ('fraud_warning', 'Fraud Warning'), ('product', 'Product'), ('price', 'Price'), ('coupon', 'Coupon'), ('subscription', 'Subscription'), ('invoice', 'Invoice'), ('invoice_payment', 'Invoice Payment'), ('intent', 'Intent')], max_length=20),
        ),
        migrations.CreateModel(
            name='FraudWarning',
            fields=[
                ('id', models.UUIDField(default=chargedesk.kit.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('external_id', models.CharField(max_length=255)),
                ('as_of', models.DateTimeField()),
                ('occurred_at', models.DateTimeField()),
                ('is_deleted', models.BooleanField(default=False)),
                ('raw', models.BinaryField(default=b'')),
                ('recorded_at', models.DateTimeField()),
                ('is_actionable', models.BooleanField()),
                ('reason', models.CharField(blank=True, max_length=60)),
                ('charge', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='ledger.charge')),
                ('connection', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.connection')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant')),
            ],
            options={
                'indexes': [models.Index(fields=['external_id', 'tenant', 'connection'], name='fraud_warning_external'), models.Index(fields=['charge'], name='fraud_warning_charge')],
            },
        ),
        EnableRowSecurity("ledger_fraudwarning"),
    ]
