"""The page where a shop's owner grants keys (reference A2): asked, approved, posted, sent back.

Who is signed in is chosen on the page. The shop posts the keys from its outbox, so the browser
waits on a page of its own until that is answered; a real shop makes it wait for one answer.
"""

import json
import secrets
from html import escape
from urllib.parse import parse_qsl, urlencode, urlsplit

from sandbox.outbox import Notice, enqueue
from sandbox.provider import Call, Parcel
from sandbox.wire import Identity, Json, Outcome, Request, Response
from sandbox.woocommerce.auth import PROVIDER, keep_key
from sandbox.woocommerce.shop import shelf_name

PREFIX = f"/{PROVIDER}/wc-auth/v1/"
TYPE = "wc-auth"
SCOPES = ("read", "write", "read_write")
NEEDED = ("app_name", "scope", "user_id", "return_url", "callback_url")
_OK, _SEE_OTHER, _REFUSED = 200, 302, 401
_LOOPBACK = frozenset({"127.0.0.1", "localhost"})


def is_grant(request: Request) -> bool:
    """Whether the call is about granting keys: from a browser, which has none yet."""
    return request.path.startswith(PREFIX)


def identify(request: Request) -> Identity:
    """The shop whose owner is signed in, as chosen on the page."""
    return Identity(_fields(request).get("shop", ""))


def perform(call: Call) -> Outcome:
    """Show a page, or carry out what was clicked on one."""
    name, fields = call.request.path.removeprefix(PREFIX).strip("/"), _fields(call.request)
    if trouble := _trouble(call, fields):
        return Outcome(_page(f"<h1>Error</h1><p>{escape(trouble)}</p>", _REFUSED))
    if call.request.method == "GET" and name == "authorize":
        return Outcome(_page(_question(call, fields)))
    if call.request.method == "POST" and name == "answer":
        return Outcome(_answered(call, fields))
    if call.request.method == "GET" and name == "wait":
        return Outcome(_waited(call, fields))
    return Outcome(_page("<h1>Not found</h1>", 404))


def parcel(body: bytes, *, attempts: int) -> Parcel | None:
    """The shop's one post of the keys; it is never repeated."""
    if attempts > 0:
        return None
    return Parcel({"Content-Type": "application/json;charset=UTF-8"}, body)


def _trouble(call: Call, fields: dict[str, str]) -> str:
    missing = [name for name in NEEDED if not fields.get(name)]
    if missing:
        return f"Missing parameter {missing[0]}"
    if fields["scope"] not in SCOPES:
        return f"Invalid scope {fields['scope']}"
    parts = urlsplit(fields["callback_url"])
    is_here = parts.hostname in _LOOPBACK and not _is_strict(call)
    if parts.scheme != "https" and not is_here:
        return "The callback_url needs to be over SSL"
    return ""


def _is_strict(call: Call) -> bool:
    row = call.db.execute(
        "SELECT value FROM settings WHERE name = 'woocommerce.grant_needs_https'"
    ).fetchone()
    return row is not None and row[0] == "1"


def _question(call: Call, fields: dict[str, str]) -> str:
    rows = call.db.execute(
        "SELECT DISTINCT account FROM credentials WHERE provider = ? AND state = 'active'"
        " ORDER BY account = 'shop-aurora' DESC, account",
        (PROVIDER,),
    )
    shops = "".join(f"<option>{escape(row['account'])}</option>" for row in rows)
    app = escape(fields["app_name"])
    return (
        f"<h1>{app} would like to connect to your store</h1>"
        f"<p>This will give {app} {escape(fields['scope'])} access to: webhooks, coupons, "
        "customers, orders and reports, products.</p>"
        f'<form method="post" action="{PREFIX}answer">{_hidden(fields)}'
        f'<p><label>Signed in as the owner of <select name="shop">{shops}</select></label></p>'
        '<button name="do" value="approve">Approve</button> '
        '<button name="do" value="deny">Deny</button></form>'
    )


def _answered(call: Call, fields: dict[str, str]) -> Response:
    if fields.get("do") != "approve":
        return _back(fields, success=0)
    key, secret = f"ck_{secrets.token_hex(20)}", f"cs_{secrets.token_hex(20)}"
    shop = fields["shop"]
    keep_key(call.db, shop, key, secret, permissions=frozenset({fields["scope"]}))
    told: Json = {
        "key_id": int(call.now) % 100_000,
        "user_id": fields["user_id"],
        "consumer_key": key,
        "consumer_secret": secret,
        "key_permissions": fields["scope"],
    }
    notice = Notice(
        PROVIDER,
        shop,
        shelf_name(shop),
        TYPE,
        key,
        TYPE,
        fields["callback_url"],
        json.dumps(told).encode(),
    )
    number = enqueue(call.db, notice, call.now)
    call.deliveries.append(number)
    return _later({**fields, "delivery": str(number)})


def _waited(call: Call, fields: dict[str, str]) -> Response:
    row = call.db.execute(
        "SELECT event, attempts, last_status FROM deliveries WHERE id = ? AND type = ?",
        (fields.get("delivery", ""), TYPE),
    ).fetchone()
    if row is not None and not row["attempts"]:
        return _later(fields)
    if row is not None and row["last_status"] == _OK:
        return _back(fields, success=1)
    if row is not None:
        # Any other answer undoes the grant.
        call.db.execute(
            "UPDATE credentials SET state = 'revoked' WHERE provider = ? AND credential = ?",
            (PROVIDER, row["event"]),
        )
    return _page("<h1>Error</h1><p>An error occurred in the request.</p>", _REFUSED)


def _later(fields: dict[str, str]) -> Response:
    kept = {name: fields[name] for name in (*NEEDED, "delivery")}
    address = escape(f"{PREFIX}wait?{urlencode(kept)}")
    return _page(f'<meta http-equiv="refresh" content="0;url={address}"><p>Connecting…</p>')


def _back(fields: dict[str, str], *, success: int) -> Response:
    joint = "&" if urlsplit(fields["return_url"]).query else "?"
    told = urlencode({"success": success, "user_id": fields["user_id"]})
    return Response(_SEE_OTHER, b"", {"Location": f"{fields['return_url']}{joint}{told}"})


def _hidden(fields: dict[str, str]) -> str:
    return "".join(
        f'<input type="hidden" name="{name}" value="{escape(fields[name])}">' for name in NEEDED
    )


def _page(body: str, status: int = _OK) -> Response:
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Sandbox shop</title>'
    return Response(status, f"{head}{body}".encode(), {"Content-Type": "text/html; charset=utf-8"})


def _fields(request: Request) -> dict[str, str]:
    form = request.body.decode(errors="replace") if request.method == "POST" else ""
    return dict(parse_qsl(request.query) + parse_qsl(form))
