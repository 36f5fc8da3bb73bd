"""The certificate behind a webhook's signature: where it may come from, and who vouches for it."""

import ssl
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from urllib.parse import urlsplit

import certifi
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from gateways.errors import SignatureError
from gateways.paypal.transport import carry
from gateways.timed import Exchange

HOSTS = frozenset(
    {
        "api.paypal.com",
        "api.sandbox.paypal.com",
        "api-m.paypal.com",
        "api-m.sandbox.paypal.com",
    }
)
FOLDER = "/v1/notifications/certs/"
OWNER = ".paypal.com"
FETCH_SECONDS = 5.0
_MOST_BYTES = 100_000
_KEPT = 64


@dataclass(frozen=True, slots=True)
class Trust:
    """Who vouches, and how a certificate's text is had from its address."""

    roots: Callable[[], Sequence[x509.Certificate]]
    fetch: Callable[[str], bytes]


def signing_key(trust: Trust, url: str, *, at: datetime) -> RSAPublicKey:
    """The public key to check a signature with.

    SignatureError for an address, chain, date or owner that is not PayPal's, and for a certificate
    that cannot be had now: PayPal sends the message again.
    """
    _check_address(url)
    try:
        chain = x509.load_pem_x509_certificates(trust.fetch(url))
    except ValueError as error:
        raise SignatureError("The webhook's certificate is not readable.") from error
    _check_chain(chain, trust.roots(), at=at)
    key = chain[0].public_key()
    if not isinstance(key, RSAPublicKey):
        raise SignatureError("The webhook's certificate has no RSA key.")
    return key


def system_roots() -> Sequence[x509.Certificate]:
    """The authorities this machine trusts."""
    return _system_roots()


def fetch_once(url: str) -> bytes:
    """A certificate from PayPal, kept for the life of this process; no redirects."""
    return _fetched(url)


LIVE = Trust(roots=system_roots, fetch=fetch_once)


def pinned(*, chain: bytes, authority: bytes) -> Trust:
    """Trust in one authority and one chain that are at hand already: nothing is fetched."""
    roots = x509.load_pem_x509_certificates(authority)
    return Trust(roots=lambda: roots, fetch=lambda _url: chain)


def _check_address(url: str) -> None:
    """The address comes with the message, so it is checked whole before anything is asked of it."""
    try:
        address = urlsplit(url)
        port = address.port
    except ValueError as error:
        raise SignatureError("The webhook's certificate has no address.") from error
    is_theirs = address.scheme == "https" and address.netloc in HOSTS and port is None
    name = address.path.removeprefix(FOLDER)
    is_plain = address.path.startswith(FOLDER) and name.replace("-", "").isalnum()
    if not (is_theirs and is_plain and not address.query and not address.fragment):
        raise SignatureError("The webhook's certificate is not at PayPal.")


def _check_chain(
    chain: Sequence[x509.Certificate], roots: Sequence[x509.Certificate], *, at: datetime
) -> None:
    leaf = chain[0]
    owner = _owner(leaf)
    if not owner.endswith(OWNER):
        raise SignatureError("The webhook's certificate is not PayPal's.")
    verifier = (
        PolicyBuilder()
        .store(Store(list(roots)))
        .time(at)
        .build_server_verifier(x509.DNSName(owner))
    )
    try:
        verifier.verify(leaf, list(chain[1:]))
    except VerificationError as error:
        raise SignatureError("Nobody trusted vouches for the webhook's certificate.") from error


def _owner(leaf: x509.Certificate) -> str:
    names = leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else ""


@cache
def _system_roots() -> tuple[x509.Certificate, ...]:
    context = ssl.create_default_context()
    if not context.get_ca_certs():
        # A machine without a list of its own.
        context.load_verify_locations(certifi.where())
    found = []
    for text in context.get_ca_certs(binary_form=True):
        try:
            with warnings.catch_warnings(action="error"):
                found.append(x509.load_der_x509_certificate(text))
        except (ValueError, UserWarning):
            # Old authorities break today's rules; one less to trust.
            continue
    return tuple(found)


@lru_cache(maxsize=_KEPT)
def _fetched(url: str) -> bytes:
    exchange = Exchange(deadline=time.monotonic() + FETCH_SECONDS)
    carry(exchange, "GET", url, headers={"Accept": "*/*"}, body=None)
    if exchange.failure is not None or exchange.status != 200:  # noqa: PLR2004  OK
        raise SignatureError("PayPal's certificate cannot be fetched now.") from exchange.failure
    if len(exchange.body) > _MOST_BYTES:
        raise SignatureError("The webhook's certificate is too large.")
    return exchange.body
