"""RSA and X.509 as far as a webhook's certificate needs them, in plain Python.

For a simulator only: nothing here is hardened against anybody.
"""

import base64
import hashlib
import secrets
import textwrap
from dataclasses import dataclass

from sandbox.wire import Json

EXPONENT = 65537
BITS = 1024
ROUNDS = 24
SMALL = [number for number in range(3, 2000, 2) if all(number % d for d in range(3, number, 2))]
SHA256_RSA, RSA = "2a864886f70d01010b", "2a864886f70d010101"
DIGEST = bytes.fromhex("3031300d060960864801650304020105000420")
NULL = b"\x05\x00"
BEGIN, END = b"200101000000Z", b"491231235959Z"


@dataclass(frozen=True)
class Key:
    """An RSA key: modulus and private exponent."""

    n: int
    d: int

    @classmethod
    def make(cls) -> "Key":
        """A new one of 2048 bits."""
        p, q = _prime(), _prime()
        return cls(p * q, pow(EXPONENT, -1, (p - 1) * (q - 1)))

    @classmethod
    def read(cls, kept: Json) -> "Key":
        """From what `kept` wrote."""
        return cls(int(kept["n"], 16), int(kept["d"], 16))

    def kept(self) -> Json:
        """As JSON values."""
        return {"n": f"{self.n:x}", "d": f"{self.d:x}"}

    def sign(self, message: bytes) -> bytes:
        """PKCS#1 v1.5 with SHA-256."""
        size = (self.n.bit_length() + 7) // 8
        digest = DIGEST + hashlib.sha256(message).digest()
        padded = b"\x00\x01" + b"\xff" * (size - len(digest) - 3) + b"\x00" + digest
        return pow(int.from_bytes(padded, "big"), self.d, self.n).to_bytes(size, "big")


def certificate(key: Key, *, issuer: str, subject: str, is_authority: bool) -> str:
    """A certificate as text, signed with the very key it shows."""
    public = _sequence(_integer(key.n), _integer(EXPONENT))
    shown = _sequence(_sequence(_oid(RSA), NULL), _bits(public))
    own_id = hashlib.sha1(public).digest()  # noqa: S324  how X.509 names keys
    extensions = [
        _extension("551d13", _sequence(b"\x01\x01\xff") if is_authority else _sequence(), 1),
        _extension("551d0f", b"\x03\x02\x01\x06" if is_authority else b"\x03\x02\x07\x80", 1),
        _extension("551d0e", _tagged(0x04, own_id), 0),
        _extension("551d23", _sequence(_tagged(0x80, own_id)), 0),
    ]
    if not is_authority:
        extensions += [
            _extension("551d11", _sequence(_tagged(0x82, subject.encode())), 0),
            _extension("551d25", _sequence(_oid("2b06010505070301")), 0),
        ]
    algorithm = _sequence(_oid(SHA256_RSA), NULL)
    body = _sequence(
        _tagged(0xA0, _integer(2)),
        _integer(secrets.randbits(100) + 1),
        algorithm,
        _name(issuer),
        _sequence(_tagged(0x17, BEGIN), _tagged(0x17, END)),
        _name(subject),
        shown,
        _tagged(0xA3, _sequence(*extensions)),
    )
    whole = _sequence(body, algorithm, _bits(key.sign(body)))
    lines = "\n".join(textwrap.wrap(base64.b64encode(whole).decode(), 64))
    return f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n"


def _tagged(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:  # noqa: PLR2004  the short form of DER
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def _sequence(*parts: bytes) -> bytes:
    return _tagged(0x30, b"".join(parts))


def _integer(number: int) -> bytes:
    return _tagged(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def _oid(text: str) -> bytes:
    return _tagged(0x06, bytes.fromhex(text))


def _bits(content: bytes) -> bytes:
    return _tagged(0x03, b"\x00" + content)


def _name(text: str) -> bytes:
    return _sequence(_tagged(0x31, _sequence(_oid("550403"), _tagged(0x0C, text.encode()))))


def _extension(oid: str, value: bytes, critical: int) -> bytes:
    marked = b"\x01\x01\xff" if critical else b""
    return _sequence(_oid(oid), marked, _tagged(0x04, value))


def _prime() -> int:
    while True:
        # The two highest bits set, so that a product of two has all its bits.
        found = secrets.randbits(BITS) | 1 | 3 << (BITS - 2)
        if all(found % small for small in SMALL) and found % EXPONENT != 1 and _is_prime(found):
            return found


def _is_prime(number: int) -> bool:
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    return all(_passes(number, odd, twos) for _ in range(ROUNDS))


def _passes(number: int, odd: int, twos: int) -> bool:
    found = pow(secrets.randbelow(number - 3) + 2, odd, number)
    if found in {1, number - 1}:
        return True
    for _ in range(twos - 1):
        found = found * found % number
        if found == number - 1:
            return True
    return False
