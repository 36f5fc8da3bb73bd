"""Recurly's own page where a customer changes the card: made when asked for, and never kept."""

from dataclasses import dataclass, field
from urllib.parse import quote

from gateways.contract import Credentials
from gateways.errors import NotFoundError, UnavailableError
from gateways.recurly.client import get
from gateways.recurly.mapping.values import refusing_misshapen
from gateways.recurly.reading import path_of
from gateways.snapshots import ObjectKind


@dataclass(frozen=True, slots=True, kw_only=True)
class HostedPage:
    """Where to send the customer. The address signs its owner in: it is shown, and not stored."""

    url: str = field(repr=False)


@refusing_misshapen
def hosted_page(credentials: Credentials, *, customer_id: str) -> HostedPage:
    """Ask for the page of one account (reference B6).

    NotFoundError for an unknown account, or one that Recurly gives no sign-in to.
    """
    account = get(credentials, path_of(ObjectKind.CUSTOMER, customer_id)).object()
    token = account.get("hosted_login_token")
    if not isinstance(token, str) or not token:
        raise NotFoundError("Recurly has no page for this account.")
    _, sites = get(credentials, "/sites", limit=1).items()
    subdomain = str(sites[0][0].get("subdomain") or "") if sites else ""
    if not subdomain.replace("-", "").isalnum() or not subdomain.isascii():
        raise UnavailableError("Recurly does not say where the site's pages are.")
    # The login works where the site's settings allow it (Account Login or Guest View).
    return HostedPage(url=f"https://{subdomain}.recurly.com/account/{quote(token, safe='')}")
