"""The accounts that always exist, their keys, and what an account says about itself."""

import sqlite3

from sandbox.credentials import Credential, keep_credential
from sandbox.store import keep_setting
from sandbox.stripe.context import PROVIDER, Context, Result
from sandbox.stripe.errors import FORBIDDEN, StripeError
from sandbox.stripe.routes import route
from sandbox.wire import Json

CURRENCY = {"acct_aurora_eu": "eur", "acct_aurora_us": "usd", "acct_brightpath": "usd"}
NAMES = {
    "acct_aurora_eu": "Aurora Labs Europe",
    "acct_aurora_us": "Aurora Labs US",
    "acct_brightpath": "Brightpath Studio",
}
READS = frozenset(
    f"rak_{name}_read"
    for name in [
        "charge",
        "customer",
        "payment_intent",
        "payment_method",
        "dispute",
        "radar",
        "product",
        "plan",
        "coupon",
        "promotion_code",
        "subscription",
        "invoice",
        "event",
        "webhook",
        "balance_transaction_source",
        "tax_id",
        "setup_intent",
        "credit_note",
        "checkout_session",
        "accounts",
    ]
)
WRITES = frozenset(name.replace("_read", "_write") for name in READS)
EU = "acct_aurora_eu"
KEYS = (
    Credential("sk_test_aurora_eu", EU),
    Credential("sk_live_aurora_eu", EU, livemode=True),
    Credential("sk_test_aurora_us", "acct_aurora_us"),
    Credential("sk_test_brightpath", "acct_brightpath"),
    Credential("sk_test_revoked", EU, state="revoked"),
    Credential("rk_test_aurora_eu_readonly", EU, permissions=READS),
    Credential(
        "rk_test_aurora_eu_nocharges",
        EU,
        permissions=(READS | WRITES) - {"rak_charge_read", "rak_charge_write"},
    ),
    Credential("rk_test_aurora_eu_full", EU, permissions=READS | WRITES),
)


def open_accounts(db: sqlite3.Connection) -> None:
    """Make the accounts and keys that always exist."""
    for account, currency in CURRENCY.items():
        set_currency(db, account, currency)
    for key in KEYS:
        keep_credential(db, PROVIDER, key)


def set_currency(db: sqlite3.Connection, account: str, currency: str) -> None:
    """Name the currency an account settles in."""
    keep_setting(db, name=f"{PROVIDER}.currency.{account}", value=currency)


def retrieve_account(ctx: Context) -> Result:
    """GET /v1/account."""
    account = ctx.call.identity.account
    currency = ctx.setting(f"currency.{account}", "eur")
    name = NAMES.get(account, account)
    body: Json = {
        "id": account,
        "object": "account",
        "business_profile": {
            "annual_revenue": None,
            "estimated_worker_count": None,
            "mcc": "5734",
            "name": name,
            "minority_owned_business_designation": None,
            "product_description": None,
            "support_address": None,
            "support_email": "support@example.com",
            "support_phone": None,
            "support_url": None,
            "url": "https://example.com",
        },
        "business_type": "company",
        "capabilities": {"card_payments": "active", "transfers": "active"},
        "charges_enabled": True,
        "controller": {"type": "account"},
        "country": "US" if currency == "usd" else "IE",
        "created": 1_500_000_000,
        "default_currency": currency,
        "details_submitted": True,
        "email": "owner@example.com",
        "metadata": {},
        "payouts_enabled": True,
        "settings": {
            "branding": {
                "icon": None,
                "logo": None,
                "primary_color": None,
                "secondary_color": None,
            },
            "card_payments": {
                "statement_descriptor_prefix": "AURORA",
                "statement_descriptor_prefix_kana": None,
                "statement_descriptor_prefix_kanji": None,
            },
            "dashboard": {"display_name": name, "timezone": "Etc/UTC"},
            "payments": {
                "statement_descriptor": "AURORA LABS",
                "statement_descriptor_kana": None,
                "statement_descriptor_kanji": None,
            },
        },
        "type": "standard",
    }
    return Result(body)


def retrieve_own_account(ctx: Context) -> Result:
    """GET /v1/accounts/*: without Connect only the caller's own."""
    if ctx.args[0] != ctx.call.identity.account:
        raise StripeError(
            f"The provided key does not have access to account '{ctx.args[0]}' (or that account"
            " does not exist). Application access may have been revoked.",
            status=FORBIDDEN,
            code="account_invalid",
        )
    return retrieve_account(ctx)


READ = "rak_accounts_read"
ROUTES = (
    route("GET", "account", retrieve_account, permission=READ),
    route("GET", "accounts/*", retrieve_own_account, permission=READ),
)
