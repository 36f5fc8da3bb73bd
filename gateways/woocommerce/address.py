"""Where a shop's REST API is, from the address a person typed."""

import re
from urllib.parse import urlsplit, urlunsplit

from gateways.contract import Credentials
from gateways.errors import CredentialsError

_LONGEST = 500
_PLAIN = re.compile(r"[!-~]+")


def shop_base(credentials: Credentials) -> str:
    """The shop's address without a slash at its end; CredentialsError if it is none.

    `https` is assumed where no scheme was typed. `api_base`, which only local settings accept,
    replaces the shop.
    """
    typed = (credentials.api_base or credentials.values.get("shop_url", "")).strip()
    if "://" not in typed:
        typed = f"https://{typed}"
    try:
        parts = urlsplit(typed)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    is_plain = _PLAIN.fullmatch(typed) and len(typed) <= _LONGEST
    if not is_plain or not host or parts.scheme not in {"http", "https"} or parts.username:
        raise CredentialsError(
            "This is not the address of a shop, such as https://shop.example.",
            parameter="shop_url",
        )
    return urlunsplit((parts.scheme, parts.netloc.lower(), parts.path.rstrip("/"), "", ""))
