"""SQL that shapes one row as JSON, shared by the selectors: a charge with all that hangs on it."""

INVOICE = """SELECT i.id, i.external_id, i.connection_id, i.number, i.status, i.total_minor,
    i.due_minor, i.paid_minor, i.currency, i.due_at, i.occurred_at, i.billing_reason,
    i.hosted_url, i.pdf_url, i.subscription_id, i.lines"""

REFUND = """SELECT f.id, f.external_id, f.status, f.amount_minor, f.currency, f.reason,
    f.failure_reason, f.occurred_at, f.arrives_by, f.intent_id"""

# A purchase known twice: the outer root with what its inner ones say.
_ROOT = """
    SELECT to_jsonb(o) - 'raw' - 'metadata' || coalesce((
        SELECT jsonb_build_object(
            'inner_captured', sum(n.captured_minor),
            'inner_held', sum(n.held_minor),
            'inner_refunded', sum(greatest(n.refunds_minor, n.provider_refunded_minor)))
        FROM ledger_moneyroot n WHERE n.parent_id = o.id), '{}')
    FROM ledger_moneyroot o WHERE o.id = (
        SELECT coalesce(r.parent_id, r.id) FROM ledger_moneyroot r WHERE r.id = c.root_id)"""

_REFUNDS = f"""
    SELECT jsonb_agg(x ORDER BY x.occurred_at) FROM (
        {REFUND} FROM ledger_refund f
        WHERE f.root_id = c.root_id AND (f.charge_id = c.id OR f.charge_id IS NULL)) x"""

# The gateway behind a shop is where the bank disputes.
_DISPUTES = """
    SELECT jsonb_agg(to_jsonb(d) - 'raw' ORDER BY d.occurred_at) FROM ledger_dispute d
    WHERE d.root_id = ANY (ARRAY(
            SELECT c.root_id UNION ALL SELECT n.id FROM ledger_moneyroot n
            WHERE c.paid_through > '' AND n.parent_id = c.root_id))
        AND (d.root_id <> c.root_id OR d.charge_id = c.id OR d.charge_id IS NULL)"""

# They know their charge alone; behind a shop it is the gateway's, as with disputes.
_FRAUD_WARNINGS = """
    SELECT jsonb_agg(to_jsonb(w) - 'raw' ORDER BY w.occurred_at) FROM ledger_fraudwarning w
    WHERE NOT w.is_deleted AND w.charge_id = ANY (ARRAY(
            SELECT c.id UNION ALL SELECT x.id FROM ledger_moneyroot n
            JOIN ledger_charge x ON x.root_id = n.id
            WHERE c.paid_through > '' AND n.parent_id = c.root_id))"""

# For rows `c` of ledger_charge, of a purchase known twice: the other record, from the inner side
# and from the outer one.
_TWIN = """
    SELECT jsonb_build_object('charge_id', x.id, 'external_id', x.external_id,
        'description', x.description, 'connection_id', x.connection_id,
        'connection_label', n.label) FROM"""
PART_OF = f"""CASE WHEN c.is_shadow THEN ({_TWIN} ledger_moneyroot r
    JOIN ledger_charge x ON x.root_id = r.parent_id
    JOIN tenants_connection n ON n.id = x.connection_id WHERE r.id = c.root_id
    ORDER BY x.amount_minor = c.amount_minor DESC, x.occurred_at DESC LIMIT 1) END"""
PAID_THROUGH = f"""CASE WHEN c.paid_through > '' THEN ({_TWIN} ledger_moneyroot r
    JOIN ledger_charge x ON x.root_id = r.id
    JOIN tenants_connection n ON n.id = x.connection_id WHERE r.parent_id = c.root_id
        AND c.paid_through IN (n.provider || ':' || x.external_id, n.provider || ':' ||
            r.external_id)
    ORDER BY x.captured_minor DESC, x.occurred_at DESC LIMIT 1) END"""

# Some charges name their invoice; others are known to have paid it.
_INVOICE_OF = f"""
    SELECT to_jsonb(x) FROM (
        {INVOICE} FROM ledger_gatewayinvoice i
        WHERE i.connection_id = c.connection_id AND i.external_id = c.invoice_external_id
            AND c.invoice_external_id <> ''
        UNION ALL
        {INVOICE} FROM ledger_invoicepayment p
        JOIN ledger_gatewayinvoice i ON i.id = p.invoice_id WHERE p.root_id = c.root_id
    ) x LIMIT 1"""

# For rows `c` of ledger_charge: `charge`, and `at` and `id` to sort by.
CHARGE = f"""SELECT to_jsonb(c) - 'raw' || jsonb_build_object(
    'customer_id', (
        SELECT g.customer_id FROM ledger_gatewaycustomer g WHERE g.id = c.gateway_customer_id),
    'root', ({_ROOT}),
    'refunds', ({_REFUNDS}),
    'disputes', ({_DISPUTES}),
    'fraud_warnings', ({_FRAUD_WARNINGS}),
    'invoice', ({_INVOICE_OF}),
    'part_of', {PART_OF},
    'paid_through_charge', {PAID_THROUGH}
    ) AS charge, c.occurred_at AS at, c.id"""
