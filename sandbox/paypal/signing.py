"""PayPal's webhook signature: RSA over id, time, webhook id and CRC32 of the body (reference 3.2).

Each sandbox makes a certificate authority and a certificate of its own; the authority's
certificate is served beside it, which PayPal has no need to do.
"""

import base64
import datetime
import sqlite3
import time
import uuid
import zlib
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sandbox.paypal.auth import CERTS_PATH, PREFIX
from sandbox.paypal.context import INDEXED, iso
from sandbox.provider import Parcel
from sandbox.shelf import Shelf
from sandbox.store import keep_setting

CERT = "CERT-360caa42-sandbox"
AUTHORITY = "authority"
HOST = "messageverificationcerts.sandbox.paypal.com"
YEARS = datetime.timedelta(days=3650)


def make_certificates(db: sqlite3.Connection) -> None:
    """Make authority, key and certificate once per store."""
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = _certificate("Sandbox certificate authority", authority_key, None, authority_key)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    leaf = _certificate(HOST, key, authority, authority_key)
    plain = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    pem = serialization.Encoding.PEM
    for name, value in (
        ("key", plain),
        ("chain", leaf.public_bytes(pem)),
        ("authority", authority.public_bytes(pem)),
    ):
        keep_setting(db, name=f"paypal.signing.{name}", value=value.decode())


def certificate_text(db: sqlite3.Connection, path: str) -> str:
    """What is served below /v1/notifications/certs/; empty for anything unknown."""
    names = {CERT: "chain", AUTHORITY: "authority"}
    wanted = names.get(path.removeprefix(CERTS_PATH))
    return _setting(db, wanted) if wanted else ""


def parcel(db: sqlite3.Connection, delivery: sqlite3.Row) -> Parcel | None:
    """Sign a stored webhook; None if its endpoint has been deleted."""
    endpoint = Shelf(db, delivery["shelf"], INDEXED).find("webhook", delivery["endpoint"])
    if endpoint is None:
        return None
    # The receiver judges the age with a clock of its own, which a test's clock does not move.
    headers = signature_headers(
        delivery["body"], endpoint["id"], _setting(db, "key"), at=time.time()
    )
    headers |= {
        "Content-Type": "application/json",
        "User-Agent": "PayPal/AUHD-sandbox",
        "Connection": "close",
    }
    return Parcel(headers, delivery["body"])


def signature_headers(body: bytes, webhook_id: str, key_pem: str, *, at: float) -> dict[str, str]:
    """The five headers of a transmission."""
    number, made_at = str(uuid.uuid4()), iso(at)
    message = f"{number}|{made_at}|{webhook_id}|{zlib.crc32(body)}".encode()
    signature = _key(key_pem).sign(message, padding.PKCS1v15(), hashes.SHA256())
    return {
        "PAYPAL-TRANSMISSION-ID": number,
        "PAYPAL-TRANSMISSION-TIME": made_at,
        "PAYPAL-TRANSMISSION-SIG": base64.b64encode(signature).decode(),
        "PAYPAL-CERT-URL": "https://api.sandbox.paypal.com"
        + CERTS_PATH.removeprefix(PREFIX)
        + CERT,
        "PAYPAL-AUTH-ALGO": "SHA256withRSA",
    }


@cache
def _key(pem: str) -> rsa.RSAPrivateKey:
    found = serialization.load_pem_private_key(pem.encode(), None)
    if not isinstance(found, rsa.RSAPrivateKey):
        raise TypeError("the signing key is an RSA key")
    return found


def _setting(db: sqlite3.Connection, name: str) -> str:
    row = db.execute(
        "SELECT value FROM settings WHERE name = ?", (f"paypal.signing.{name}",)
    ).fetchone()
    return str(row[0]) if row is not None else ""


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
    issuer: x509.Certificate | None,
    issuer_key: CertificateIssuerPrivateKeyTypes,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + YEARS)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(
                issuer.public_key() if issuer else key.public_key()  # type: ignore[arg-type]
            ),
            critical=False,
        )
        .add_extension(_usage(is_authority=issuer is None), critical=True)
    )
    if issuer is not None:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False
        ).add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )
