"""Proves whose request it is: Basic over https, one-legged OAuth 1.0a over plain http.

WooCommerce ignores Basic on plain http, where it would give the secret away (NOTES.md).
"""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from gateways.contract import Credentials
from gateways.errors import CredentialsError


@dataclass(frozen=True, slots=True)
class Keys:
    """The pair a shop hands out."""

    consumer_key: str
    consumer_secret: str = field(repr=False)


def keys_of(credentials: Credentials) -> Keys:
    """The pair in the credentials; CredentialsError if they do not look like keys of a shop."""
    found = {}
    for name, prefix in (("consumer_key", "ck_"), ("consumer_secret", "cs_")):
        value = credentials.values.get(name, "").strip()
        if not value.startswith(prefix) or not value.isascii() or not value.isprintable():
            raise CredentialsError(
                f"This is not a key of WooCommerce; it starts with {prefix}.", parameter=name
            )
        found[name] = value
    return Keys(**found)


def basic_header(keys: Keys) -> str:
    """The Authorization header for https."""
    pair = f"{keys.consumer_key}:{keys.consumer_secret}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def signed_query(keys: Keys, method: str, url: str, query: Mapping[str, str]) -> dict[str, str]:
    """The query for plain http: the caller's parameters, ours, and the signature over all."""
    signed = {
        **query,
        "oauth_consumer_key": keys.consumer_key,
        "oauth_nonce": secrets.token_hex(16),
        "oauth_signature_method": "HMAC-SHA256",
        "oauth_timestamp": str(int(time.time())),
        "oauth_version": "1.0",
    }
    return {**signed, "oauth_signature": signature(keys, method, url, signed)}


def signature(keys: Keys, method: str, url: str, query: Mapping[str, str]) -> str:
    """HMAC-SHA256 over method, address and sorted parameters; no token, so no second key."""
    pairs = sorted((_encoded(name), _encoded(value)) for name, value in query.items())
    parameters = "&".join(f"{name}={value}" for name, value in pairs)
    base = "&".join((method, _encoded(url), _encoded(parameters)))
    digest = hmac.new(f"{keys.consumer_secret}&".encode(), base.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def written(query: Mapping[str, str]) -> str:
    """A query as it is sent: spaces as %20, as the signature sees them."""
    return urlencode(query, quote_via=quote, safe="")


def _encoded(text: str) -> str:
    return quote(text, safe="-._~")
