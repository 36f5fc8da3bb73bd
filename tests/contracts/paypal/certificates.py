"""A certificate authority of the tests' own, and what it vouches for."""

import base64
import datetime
import zlib
from dataclasses import dataclass
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gateways.paypal.certificates import Trust

URL = "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-tests"
OWNER = "messageverificationcerts.sandbox.paypal.com"
DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Authority:
    """A key that vouches, and its certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def make(cls) -> "Authority":
        """A new one, which nobody trusts yet."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name("Authority of the tests")
        usage = _usage(is_authority=True)
        made = (
            _builder(name, name, key.public_key(), key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .sign(key, hashes.SHA256())
        )
        return cls(key, made)

    def vouch(
        self,
        *,
        owner: str = OWNER,
        age: datetime.timedelta = DAY,
        life: datetime.timedelta = 30 * DAY,
    ) -> bytes:
        """A certificate for the signing key, as text."""
        made = (
            _builder(
                self.certificate.subject,
                _name(owner),
                signing_key().public_key(),
                self.key.public_key(),
                age=age,
                life=life,
            )
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(is_authority=False), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(owner)]), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        return made.public_bytes(serialization.Encoding.PEM)

    def trust(self, text: bytes) -> Trust:
        """Trust in this authority alone; every address shows `text`."""
        return Trust(roots=lambda: [self.certificate], fetch=lambda _: text)


@cache
def signing_key() -> rsa.RSAPrivateKey:
    """The key that signs; made once, because that is slow."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def authority() -> Authority:
    """The one that the suite trusts."""
    return Authority.make()


def headers_for(
    body: bytes, webhook_id: str, at: datetime.datetime, *, url: str = URL
) -> dict[str, str]:
    """The headers of a transmission, with lower-case names."""
    made_at = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    message = f"69cd13f0-d67a-11e5|{made_at}|{webhook_id}|{zlib.crc32(body)}".encode()
    signature = signing_key().sign(message, padding.PKCS1v15(), hashes.SHA256())
    return {
        "paypal-transmission-id": "69cd13f0-d67a-11e5",
        "paypal-transmission-time": made_at,
        "paypal-transmission-sig": base64.b64encode(signature).decode(),
        "paypal-cert-url": url,
        "paypal-auth-algo": "SHA256withRSA",
    }


def _builder(
    issuer: x509.Name,
    subject: x509.Name,
    key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
    issuer_key: ec.EllipticCurvePublicKey,
    *,
    age: datetime.timedelta = DAY,
    life: datetime.timedelta = 30 * DAY,
) -> x509.CertificateBuilder:
    begin = datetime.datetime.now(datetime.UTC) - age
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False
        )
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


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
