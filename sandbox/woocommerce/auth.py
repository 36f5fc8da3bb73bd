"""Who calls: Basic or keys in the query over https, OAuth 1.0a over plain http (reference A2)."""

import base64
import binascii
import hmac
import sqlite3
import threading
import time
from urllib.parse import parse_qsl, quote

from sandbox.credentials import Credential, find_credential, keep_credential
from sandbox.store import keep_setting
from sandbox.wire import Identity, Request
from sandbox.woocommerce.errors import DENIED, WooError

PROVIDER = "woocommerce"
WINDOW_S = 15 * 60
HASHES = {"HMAC-SHA256": "sha256", "HMAC-SHA1": "sha1"}
MOST_NONCES = 20_000


class Door:
    """Checks keys and signatures; nonces are remembered as long as the program runs."""

    def __init__(self) -> None:
        self._nonces: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()

    def identify(self, request: Request, db: sqlite3.Connection) -> Identity:
        """The shop and rights of the key; WooError for everything else."""
        query = dict(parse_qsl(request.query, keep_blank_values=True))
        key = self._signed(request, query, db) if "oauth_consumer_key" in query else None
        if key is None and is_secure(request):
            key = _plain(request, query, db)
        if key is None:
            # Basic over plain http is not even looked at, so nobody is logged in.
            raise WooError(
                "woocommerce_rest_cannot_view",
                "Sorry, you cannot list resources.",
                status=DENIED,
            )
        return Identity(key.account, permissions=key.permissions, credential=key.secret)

    def _signed(
        self, request: Request, query: dict[str, str], db: sqlite3.Connection
    ) -> Credential:
        key = _known(db, query["oauth_consumer_key"])
        method = HASHES.get(query.get("oauth_signature_method", ""))
        told = query.pop("oauth_signature", "")
        secret = secret_of(db, key.secret)
        fits = method is not None and any(
            hmac.compare_digest(_signature(url, request.method, query, secret, method), told)
            for url in _addresses(request)
        )
        if not fits:
            raise denied("Invalid signature - provided signature does not match.")
        moment = int(query.get("oauth_timestamp") or 0)
        if abs(time.time() - moment) > WINDOW_S:
            raise denied("Invalid timestamp.")
        self._use_nonce(key.secret, query.get("oauth_nonce", ""), moment)
        return key

    def _use_nonce(self, key: str, nonce: str, moment: float) -> None:
        with self._lock:
            if len(self._nonces) > MOST_NONCES:
                limit = time.time() - WINDOW_S
                self._nonces = {k: at for k, at in self._nonces.items() if at > limit}
            if not nonce or (key, nonce) in self._nonces:
                raise denied("Invalid nonce - nonce has already been used.")
            self._nonces[key, nonce] = moment


def check_right(db: sqlite3.Connection, identity: Identity, method: str) -> None:
    """Refuse what the key's permission (read, write, read_write) does not cover."""
    if identity.permissions is None or "read_write" in identity.permissions:
        return
    wanted = "read" if method in {"GET", "HEAD"} else "write"
    if wanted in identity.permissions:
        return
    # The reference does not say with which words; both ways are tried (reference A7, unsure).
    row = db.execute(
        "SELECT value FROM settings WHERE name = 'woocommerce.read_key_refusal'"
    ).fetchone()
    if row is not None and row[0] == "cannot_create":
        raise WooError(
            "woocommerce_rest_cannot_create", "Sorry, you are not allowed.", status=DENIED
        )
    raise denied(f"The API key provided does not have {wanted} permissions.")


def is_secure(request: Request) -> bool:
    """Whether the shop believes that it was called over https: its proxy says so."""
    return request.headers.get("x-forwarded-proto") == "https"


def keep_key(
    db: sqlite3.Connection,
    account: str,
    key: str,
    secret: str,
    *,
    permissions: frozenset[str] | None = None,
    state: str = "active",
) -> None:
    """Let a pair open a shop."""
    keep_credential(db, PROVIDER, Credential(key, account, permissions=permissions, state=state))
    keep_setting(db, name=f"{PROVIDER}.secret.{key}", value=secret)


def secret_of(db: sqlite3.Connection, key: str) -> str:
    """The other half of a pair."""
    row = db.execute(
        "SELECT value FROM settings WHERE name = ?", (f"{PROVIDER}.secret.{key}",)
    ).fetchone()
    return "" if row is None else str(row[0])


def denied(message: str) -> WooError:
    """The refusal of a wrong key or signature."""
    return WooError("woocommerce_rest_authentication_error", message, status=DENIED)


def _plain(request: Request, query: dict[str, str], db: sqlite3.Connection) -> Credential | None:
    pair = (query.get("consumer_key", ""), query.get("consumer_secret", ""))
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            name, _, secret = base64.b64decode(encoded).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError) as error:
            raise denied("Consumer key is invalid.") from error
        pair = (name, secret)
    if not pair[0]:
        return None
    key = _known(db, pair[0])
    if not hmac.compare_digest(secret_of(db, key.secret), pair[1]):
        raise denied("Consumer secret is invalid.")
    return key


def _known(db: sqlite3.Connection, key: str) -> Credential:
    found = find_credential(db, PROVIDER, key)
    if found is None or found.state != "active":
        raise denied("Consumer key is invalid.")
    return found


def _addresses(request: Request) -> list[str]:
    scheme = "https" if is_secure(request) else "http"
    return [f"{scheme}://{request.headers.get('host', '')}{request.path}"]


def _signature(url: str, method: str, query: dict[str, str], secret: str, digest: str) -> str:
    def encoded(text: str) -> str:
        return quote(text, safe="-._~")

    pairs = sorted((encoded(name), encoded(value)) for name, value in query.items())
    joined = "&".join(f"{name}={value}" for name, value in pairs)
    base = "&".join((method, encoded(url), encoded(joined)))
    made = hmac.new(f"{secret}&".encode(), base.encode(), digest)
    return base64.b64encode(made.digest()).decode()
