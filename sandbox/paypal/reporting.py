"""The transaction report and the balance: lagging, at most 31 days at once (reference 2.3)."""

import json
from collections.abc import Iterable

from sandbox.paypal.amounts import money
from sandbox.paypal.context import Context, Result, iso, link, seconds_of
from sandbox.paypal.errors import PayPalError, invalid
from sandbox.paypal.payments import fee_minor, merchant_id
from sandbox.paypal.routes import route
from sandbox.shelf import Span, Window
from sandbox.wire import Json

WINDOW_S = 31 * 86_400
HISTORY_S = 3 * 365 * 86_400
LAG_S = 3600
MOST_ROWS = 10_000
MOST_PER_PAGE = 500
STATES = {"PENDING": "P", "DECLINED": "D", "FAILED": "D", "CREATED": "P", "VOIDED": "V"}
SCOPE = "reporting/search/read"


def list_transactions(ctx: Context) -> Result:
    """GET /v1/reporting/transactions."""
    start, end = _bounds(ctx)
    size = int(ctx.params.get("page_size", 100))
    page = int(ctx.params.get("page", 1))
    if not 1 <= size <= MOST_PER_PAGE or page < 1:
        raise invalid("INVALID_PARAMETER_VALUE", "page_size")
    refreshed = ctx.now - _lag_s(ctx)
    rows = _rows(ctx, start, min(end, refreshed))
    if len(rows) > MOST_ROWS:
        raise invalid("RESULTSET_TOO_LARGE", "start_date")
    shown = rows[(page - 1) * size : page * size]
    if ctx.params.get("fields", "transaction_info") == "transaction_info":
        shown = [{"transaction_info": row["transaction_info"]} for row in shown]
    return Result(
        {
            "transaction_details": shown,
            "account_number": merchant_id(ctx),
            "start_date": iso(start),
            "end_date": iso(end),
            "last_refreshed_datetime": iso(refreshed),
            "page": page,
            "total_items": len(rows),
            "total_pages": -(-len(rows) // size),
            "links": [link(ctx, "self", "/v1/reporting/transactions")],
        }
    )


def show_balance(ctx: Context) -> Result:
    """GET /v1/reporting/balances: the only place that names the account."""
    return Result(
        {
            "balances": [],
            "account_id": merchant_id(ctx),
            "as_of_time": iso(ctx.now),
            "last_refresh_time": iso(ctx.now),
        }
    )


def _lag_s(ctx: Context) -> int:
    """The account's own lag, or that of all."""
    usual = ctx.setting("report_lag_s", str(LAG_S))
    return int(ctx.setting(f"report_lag_s.{ctx.call.identity.account}", usual))


def _bounds(ctx: Context) -> tuple[int, int]:
    try:
        start = seconds_of(ctx.params["start_date"])
        end = seconds_of(ctx.params["end_date"])
    except (KeyError, ValueError) as error:
        raise invalid("INVALID_PARAMETER_SYNTAX", "start_date") from error
    if end - start > WINDOW_S or end < start:
        raise invalid("DATE_RANGE_EXCEEDS_31_DAYS", "end_date")
    if start < ctx.now - HISTORY_S - 86_400:
        raise PayPalError(400, "INVALID_REQUEST", "Data for the given start date is not available.")
    return start, end


def _rows(ctx: Context, start: int, end: int) -> list[Json]:
    span = Span(not_before=start, not_after=end)
    found = [
        (record["created"], row)
        for kind, write in (
            ("capture", _payment_row),
            ("refund", _refund_row),
            ("authorization", _hold_row),
        )
        for record in _stored(ctx, kind, span)
        for row in [write(ctx, record)]
        if _is_wanted(ctx, row["transaction_info"])
    ]
    return [row for _, row in sorted(found, key=lambda each: each[0])]


def _stored(ctx: Context, kind: str, span: Span) -> Iterable[Json]:
    window = Window(limit=-1, now=ctx.call.now, hidden_since=ctx.call.hidden_since)
    return (json.loads(text) for text in ctx.shelf.page(kind, window, span=span))


def _is_wanted(ctx: Context, info: Json) -> bool:
    moves_money = info["transaction_status"] == "S" and info["transaction_event_code"] != "T1300"
    if ctx.params.get("balance_affecting_records_only", "Y") == "Y" and not moves_money:
        return False
    filters = {
        "transaction_id": "transaction_id",
        "transaction_type": "transaction_event_code",
        "transaction_status": "transaction_status",
    }
    return all(
        info[field] == ctx.params[name] for name, field in filters.items() if name in ctx.params
    )


def _payment_row(ctx: Context, capture: Json) -> Json:
    code = "T0002" if capture.get("subscription") else "T0006"
    status = STATES.get(capture["status"], "S")
    info = _info(capture, code, "V" if capture.get("is_reversed") else status, capture["minor"])
    if status == "S":
        info["fee_amount"] = money(-fee_minor(capture), capture["currency"])
    if capture.get("subscription"):
        info |= {
            "paypal_reference_id": capture["subscription"],
            "paypal_reference_id_type": "SUB",
        }
    elif capture.get("authorization"):
        info |= {
            "paypal_reference_id": capture["authorization"],
            "paypal_reference_id_type": "TXN",
        }
    return _row(capture, info)


def _hold_row(_: Context, held: Json) -> Json:
    return _row(held, _info(held, "T1300", STATES.get(held["status"], "S"), held["minor"]))


def _refund_row(ctx: Context, refund: Json) -> Json:
    capture = ctx.need("capture", refund["capture"])
    states = {"COMPLETED": "S", "PENDING": "P"}
    info = _info(refund, "T1107", states.get(refund["status"], "D"), -refund["minor"])
    info |= {"paypal_reference_id": capture["id"], "paypal_reference_id_type": "TXN"}
    return _row(capture, info)


def _info(record: Json, code: str, status: str, minor: int) -> Json:
    info: Json = {
        "transaction_id": record["id"],
        "transaction_event_code": code,
        "transaction_initiation_date": iso(record["created"]),
        "transaction_updated_date": iso(record["updated"]),
        "transaction_amount": money(minor, record["currency"]),
        "transaction_status": status,
        "protection_eligibility": "01",
    }
    if record.get("description"):
        info["transaction_subject"] = record["description"]
    if record.get("custom_id"):
        info["custom_field"] = record["custom_id"]
    if record.get("invoice_id"):
        info["invoice_id"] = record["invoice_id"]
    return info


def _row(paid: Json, info: Json) -> Json:
    payer = paid["payer"]
    info["paypal_account_id"] = payer["id"]
    cart = {"paypal_invoice_id": paid["invoice"]} if paid.get("invoice") else {}
    return {
        "transaction_info": info,
        "payer_info": {
            "account_id": payer["id"],
            "email_address": payer["email"],
            "address_status": "Y",
            "payer_status": "Y",
            "payer_name": {
                "given_name": payer["given"],
                "surname": payer["surname"],
                "alternate_full_name": f"{payer['given']} {payer['surname']}",
            },
            "country_code": payer["country"],
        },
        "shipping_info": {},
        "cart_info": cart,
        "store_info": {},
        "auction_info": {},
        "incentive_info": {},
    }


ROUTES = (
    route("GET", "/v1/reporting/transactions", list_transactions, scope=SCOPE),
    route("GET", "/v1/reporting/balances", show_balance, scope=SCOPE),
)
