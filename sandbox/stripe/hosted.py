"""The page a Checkout session leads to, for a customer with a browser; no key opens it."""

import html
import sqlite3
from urllib.parse import parse_qs

from sandbox.provider import Call
from sandbox.shelf import Shelf
from sandbox.stripe import visits
from sandbox.stripe.checkout import HOSTED
from sandbox.stripe.context import INDEXED, Context
from sandbox.stripe.currencies import shown
from sandbox.wire import Identity, Json, Outcome, Request, Response

CARDS = (
    ("pm_card_visa", "Visa 4242 (pays)"),
    ("pm_card_mastercard", "Mastercard 4444 (pays)"),
    ("pm_card_visa_chargeDeclined", "Visa 0002 (declined)"),
    ("pm_card_visa_chargeDeclinedInsufficientFunds", "Visa 9995 (not enough money)"),
)
SHELF = "SELECT shelf FROM objects WHERE kind = 'checkout.session' AND id = ?"


def is_page(request: Request) -> bool:
    """Whether a request is for the page of a session."""
    return request.path.startswith(HOSTED)


def identify(request: Request, db: sqlite3.Connection) -> Identity | Response:
    """The account whose page it is; whoever knows the address may open it."""
    row = db.execute(SHELF, (request.path.removeprefix(HOSTED),)).fetchone()
    if row is None:
        return _page("No such page", "<p>This page does not exist.</p>", status=404)
    _, account, mode = row[0].split("/")
    return Identity(account, mode == "live")


def perform(call: Call) -> Outcome:
    """Show the page, or do what the customer says on it."""
    session_id = call.request.path.removeprefix(HOSTED)
    shelf = Shelf(call.db, call.db.execute(SHELF, (session_id,)).fetchone()[0], INDEXED)
    ctx = Context(call, shelf)
    session = ctx.need("checkout.session", session_id)
    if session["status"] != "open":
        ended = {"complete": "This is done already.", "expired": "This page has expired."}
        return Outcome(_page("Closed", f"<p>{ended[session['status']]}</p>"))
    if call.request.method != "POST":
        return Outcome(_form(session))
    typed = parse_qs(call.request.body.decode("utf-8", "replace"))
    chosen = typed.get("card", [visits.USUAL_CARD])[0]
    session, refusal = visits.complete(ctx, session, _known(chosen))
    if refusal:
        return Outcome(_form(session, refusal), "checkout.session.declined", (session_id,))
    back = Response(303, b"", {"Location": session["success_url"]})
    return Outcome(back, "checkout.session.completed", (session_id,))


def _known(chosen: str) -> str:
    return chosen if chosen in dict(CARDS) else visits.USUAL_CARD


def _form(session: Json, refusal: str = "") -> Response:
    is_payment = session["mode"] == "payment"
    deed = "Save card"
    if is_payment:
        deed = f"Pay {shown(session['amount_total'], session['currency'])}"
    options = "".join(
        f'<option value="{value}">{html.escape(label)}</option>' for value, label in CARDS
    )
    said = f'<p role="alert">{html.escape(refusal)}</p>' if refusal else ""
    leave = session["cancel_url"]
    back = f'<p><a href="{html.escape(leave)}">Back</a></p>' if leave else ""
    name = html.escape(session["customer_details"]["name"] or "")
    body = (
        f"<p>{name}</p>{said}"
        '<form method="post"><label>Card <select name="card">'
        f'{options}</select></label> <button type="submit">{html.escape(deed)}</button></form>'
        f"{back}"
    )
    return _page(deed, body)


def _page(title: str, body: str, *, status: int = 200) -> Response:
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{html.escape(title)}</title></head><body><main><h1>{html.escape(title)}</h1>"
        f"<p>Test page: no money moves here.</p>{body}</main></body></html>"
    )
    return Response(status, text.encode(), {"Content-Type": "text/html; charset=utf-8"})
