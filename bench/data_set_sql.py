"""The statements that fill the tables of the big company, in the order they run."""

_AGO = "now() - {n} * interval '1 second'"
# A year and a half in seconds, walked in steps without a common divisor: every time once.
_WHEN = "now() - ((k::bigint * 7919) %% 47304001) * interval '1 second'"
_OWNER = """CASE
        WHEN k <= %(heavy)s * %(heavy_charges)s THEN 1 + (k - 1) / %(heavy_charges)s
        WHEN k <= %(known_charges)s
            THEN 1 + %(heavy)s + (k - 1 - %(heavy)s * %(heavy_charges)s) / %(typical_charges)s
        ELSE 1 + %(known)s + k %% (%(customers)s - %(known)s) END"""
_AMOUNT = "500 + (k * 37) %% 20000"
_STATUS = "CASE WHEN k %% 15 = 3 THEN 'failed' ELSE 'succeeded' END"
_CAPTURED = f"CASE WHEN k %% 15 = 3 THEN 0 ELSE {_AMOUNT} END"
_REFUNDED = "CASE WHEN k %% 20 = 0 AND k %% 15 <> 3 THEN 300 ELSE 0 END"
_E_MAIL = "'customer' || n || '@shop' || n %% 1000 || '.example'"
_NAME = "'Customer ' || n"
_CHARGES = f"""(SELECT k, {_OWNER} AS n, {_WHEN} AS at FROM generate_series(1, %(charges)s) k
    OFFSET 0) x"""
_CUSTOMERS = "generate_series(1, %(customers)s) n"


def _id(kind: str, number: str) -> str:
    return f"md5('{kind}' || %(tenant)s || {number})::uuid"


# The columns every mirrored row has, in this order.
_MIRRORED = """id, tenant_id, connection_id, external_id, as_of, occurred_at, is_deleted, raw,
    recorded_at"""


def _mirrored(kind: str, prefix: str, number: str, when: str) -> str:
    return f"""{_id(kind, number)}, %(tenant)s, %(connection)s,
        '{prefix}_' || lpad(({number})::text, 24, '0'), {when}, {when}, false, %(raw)s, now()"""


TABLES = {
    "ledger_product": f"""INSERT INTO ledger_product ({_MIRRORED}, name, description, url,
            is_active, metadata)
        SELECT {_mirrored("product", "prod", "n", "now()")}, 'Plan ' || n, '', '', true, '{{}}'
        FROM generate_series(0, 9) n""",
    "ledger_customer": f"""INSERT INTO ledger_customer (id, tenant_id, name, email, created_at)
        SELECT {_id("person", "n")}, %(tenant)s, {_NAME}, {_E_MAIL}, now() FROM {_CUSTOMERS}""",
    "ledger_gatewaycustomer": f"""INSERT INTO ledger_gatewaycustomer ({_MIRRORED}, customer_id,
            home_id, is_stub, name, email, phone, username, country, language, currency,
            description, is_delinquent, default_payment_method, address, metadata)
        SELECT {_mirrored("customer", "cus", "n", "now()")}, {_id("person", "n")},
            {_id("person", "n")}, false, {_NAME}, {_E_MAIL}, '', '', 'DE', 'en', 'EUR', '', false,
            '', '{{"city": "Example", "country": "DE"}}', '{{"account": "17"}}'
        FROM {_CUSTOMERS}""",
    "ledger_identifier": f"""INSERT INTO ledger_identifier (id, tenant_id, customer_id,
            gateway_customer_id, kind, value, source, is_verified, created_at)
        SELECT md5({_id("customer", "n")} || kind)::uuid, %(tenant)s, {_id("person", "n")},
            {_id("customer", "n")}, kind, value, 'gateway', false, now()
        FROM {_CUSTOMERS}, LATERAL (VALUES ('email', {_E_MAIL}), ('name', lower({_NAME})))
            i(kind, value)""",
    "ledger_paymentmethod": f"""INSERT INTO ledger_paymentmethod ({_MIRRORED},
            gateway_customer_id, kind, brand, last4, expires)
        SELECT {_mirrored("method", "pm", "n", "now()")}, {_id("customer", "n")}, 'card', 'visa',
            lpad((n %% 10000)::text, 4, '0'), '2030-12'
        FROM {_CUSTOMERS}""",
    "ledger_moneyroot": f"""INSERT INTO ledger_moneyroot ({_MIRRORED}, gateway_customer_id,
            currency, status, amount_minor, capturable_minor, captured_minor, refunds_minor,
            provider_refunded_minor, held_minor, money_version, metadata)
        SELECT {_mirrored("root", "pi", "k", "at")}, {_id("customer", "n")}, 'EUR', {_STATUS},
            {_AMOUNT}, 0, {_CAPTURED}, {_REFUNDED}, {_REFUNDED}, 0, 1,
            '{{"order": "A-1001"}}'
        FROM {_CHARGES}""",
    "ledger_charge": f"""INSERT INTO ledger_charge ({_MIRRORED}, root_id, gateway_customer_id,
            invoice_external_id, subscription_external_id, status, amount_minor, captured_minor,
            refunded_minor, currency, fee_minor, net_minor, settled_currency, description,
            statement_descriptor, method_kind, method_brand, method_last4, failure_code,
            failure_message, is_disputed, is_live, receipt_url, metadata)
        SELECT {_mirrored("charge", "ch", "k", "at")}, {_id("root", "k")}, {_id("customer", "n")},
            '', '', {_STATUS}, {_AMOUNT}, {_CAPTURED}, {_REFUNDED}, 'EUR', 55, {_AMOUNT} - 55,
            'EUR', 'Order ' || k, 'EXAMPLE SHOP', 'card', 'visa',
            lpad((n %% 10000)::text, 4, '0'),
            CASE WHEN k %% 15 = 3 THEN 'card_declined' ELSE '' END,
            CASE WHEN k %% 15 = 3 THEN 'Your card was declined.' ELSE '' END, k %% 500 = 7, false,
            'https://pay.example/receipts/' || k, '{{"order": "A-1001"}}'
        FROM {_CHARGES}""",
    "ledger_refund": f"""INSERT INTO ledger_refund ({_MIRRORED}, root_id, charge_id, status,
            amount_minor, currency, reason, failure_reason)
        SELECT {_mirrored("refund", "re", "k", "at")}, {_id("root", "k")}, {_id("charge", "k")},
            'succeeded', 300, 'EUR', 'requested_by_customer', ''
        FROM {_CHARGES} WHERE k %% 20 = 0 AND k %% 15 <> 3""",
    "ledger_dispute": f"""INSERT INTO ledger_dispute ({_MIRRORED}, root_id, charge_id, status,
            amount_minor, currency, reason, respond_by)
        SELECT {_mirrored("dispute", "du", "k", "at")}, {_id("root", "k")}, {_id("charge", "k")},
            'needs_response', {_AMOUNT}, 'EUR', 'fraudulent', now() + interval '7 days'
        FROM {_CHARGES} WHERE k %% 500 = 7""",
    "ledger_subscription": f"""INSERT INTO ledger_subscription ({_MIRRORED}, gateway_customer_id,
            product_id, status, items, amount_minor, currency, interval, interval_count, started_at,
            period_start, period_end, cancels_at_period_end, latest_invoice_id, coupon_ids,
            pause, discounts, metadata)
        SELECT {_mirrored("subscription", "sub", "n * 10 + s", _AGO.format(n="86400 * s"))},
            {_id("customer", "n")}, {_id("product", "s")},
            CASE WHEN s > 3 THEN 'canceled' ELSE 'active' END,
            '[{{"name": "Plan", "quantity": 1, "amount_minor": 1900, "currency": "EUR"}}]', 1900,
            'EUR', 'month', 1, now(), now(), now() + interval '20 days', false, '', '[]', '',
            '[]', '{{}}'
        FROM {_CUSTOMERS}, generate_series(1, 5) s
        WHERE n <= %(known)s OR s = 1 AND n %% 3 = 0""",
    # Every third charge paid an invoice; those who are looked at, and every tenth, owe some.
    "ledger_gatewayinvoice": f"""INSERT INTO ledger_gatewayinvoice ({_MIRRORED},
            gateway_customer_id, subscription_id, number, status, total_minor, tax_minor, due_minor,
            paid_minor, currency, due_at, period_start, period_end, billing_reason, hosted_url,
            pdf_url, lines)
        SELECT {_mirrored("invoice", "in", "k", "at")}, {_id("customer", "n")},
            {_id("subscription", "n * 10 + 1")}, 'A-' || k, CASE WHEN owed THEN 'open' ELSE 'paid'
            END, {_AMOUNT}, 0, CASE WHEN owed THEN {_AMOUNT} ELSE 0 END,
            CASE WHEN owed THEN 0 ELSE {_AMOUNT} END, 'EUR', at + interval '14 days', at, at,
            'subscription_cycle', 'https://pay.example/i/' || k, 'https://pay.example/pdf/' || k,
            '[{{"description": "Plan, one month", "amount_minor": 1900, "quantity": 1}}]'
        FROM (
            SELECT k, n, at, false AS owed FROM {_CHARGES} WHERE k %% 3 = 0
            UNION ALL
            SELECT %(charges)s + n * 10 + s, n, {_AGO.format(n="86400 * s")}, true
            FROM {_CUSTOMERS}, generate_series(1, 3) s
            WHERE n <= %(known)s OR s = 1 AND n %% 10 = 0
        ) x""",
    "ledger_invoicepayment": f"""INSERT INTO ledger_invoicepayment ({_MIRRORED}, invoice_id,
            root_id, status, amount_minor, currency)
        SELECT {_mirrored("payment", "inpay", "k", "at")}, {_id("invoice", "k")},
            {_id("root", "k")}, 'paid', {_AMOUNT}, 'EUR'
        FROM {_CHARGES} WHERE k %% 3 = 0""",
    "ledger_customertotal": """INSERT INTO ledger_customertotal (id, tenant_id,
            gateway_customer_id, currency, paid_minor, refunded_minor, charges, failed_charges)
        SELECT gen_random_uuid(), %(tenant)s, gateway_customer_id, currency, sum(captured_minor),
            sum(refunded_minor), count(*), count(*) FILTER (WHERE status = 'failed')
        FROM ledger_charge GROUP BY gateway_customer_id, currency""",
}
