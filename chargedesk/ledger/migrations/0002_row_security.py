"""Force row-level security on every table of this part."""

from django.db import migrations

from chargedesk.base.row_security import EnableRowSecurity


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]

    operations = [
        EnableRowSecurity("ledger_customer"),
        EnableRowSecurity("ledger_gatewaycustomer"),
        EnableRowSecurity("ledger_identifier"),
        EnableRowSecurity("ledger_customermerge"),
        EnableRowSecurity("ledger_paymentmethod"),
        EnableRowSecurity("ledger_moneyroot"),
        EnableRowSecurity("ledger_hold"),
        EnableRowSecurity("ledger_charge"),
        EnableRowSecurity("ledger_refund"),
        EnableRowSecurity("ledger_dispute"),
        EnableRowSecurity("ledger_product"),
        EnableRowSecurity("ledger_price"),
        EnableRowSecurity("ledger_coupon"),
        EnableRowSecurity("ledger_subscription"),
        EnableRowSecurity("ledger_gatewayinvoice"),
        EnableRowSecurity("ledger_invoicepayment"),
        EnableRowSecurity("ledger_customertotal"),
        EnableRowSecurity("ledger_change"),
    ]
