"""Receipts: a compact JWS (RFC 7515) with EdDSA over Ed25519 (RFC 8037), described in docs/erasure.md."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, ClassVar, Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from creatorvault.core.http.schemas import Prose
from creatorvault.erasure.errors import ReceiptInvalid
from creatorvault.erasure.openapi import JWK, JWK_SET
from creatorvault.erasure.roster import Absence, Neighbour, check_absence

TYPE: Final = "erasure-receipt+jws"
ALGORITHM: Final = "EdDSA"
KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
_COMPACT: Final = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\n?", re.ASCII)


class PublicKey(msgspec.Struct, frozen=True, kw_only=True):
    """A public key that verifies receipts (RFC 8037 §2)."""

    described: ClassVar[Prose] = JWK

    kty: str = "OKP"
    crv: str = "Ed25519"
    x: str
    kid: str
    use: str = "sig"
    alg: str = ALGORITHM


class PublicKeySet(msgspec.Struct, frozen=True):
    """The public keys of the service that verify receipts, those that sign no more included (RFC 7517 §5)."""

    described: ClassVar[Prose] = JWK_SET

    keys: list[PublicKey]


class _Key(msgspec.Struct, frozen=True):
    version: int
    root_key_id: str
    sha256: str


class _AuditHead(msgspec.Struct, frozen=True):
    tenant_id: str
    sequence: int
    digest: str


class _Neighbour(msgspec.Struct, frozen=True):
    index: int
    leaf: str
    path: list[str]


class _Roster(msgspec.Struct, frozen=True):
    scope: str
    taken_at: str
    size: int
    root: str
    target: str
    neighbours: list[_Neighbour]


class Receipt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a receipt says. Bytes are in hexadecimal, times are UTC (RFC 3339), `iat` is a NumericDate."""

    jti: str
    iat: int
    iss: str | None = None
    tenant_id: str
    user_id: str
    whole_tenant: bool
    requested_at: str
    destroyed_at: str
    finished_at: str
    key_backups_expire_at: str | None
    keys: list[_Key]
    rows: dict[str, int]
    audit: _AuditHead
    roster: _Roster


class _Header(msgspec.Struct, frozen=True):
    alg: str
    kid: str
    typ: str


def key_of(version: int, root_key_id: str, wrapped: bytes) -> dict[str, Any]:
    """Returns a destroyed key as the receipt shows it."""
    return {"version": version, "root_key_id": root_key_id, "sha256": sha256(wrapped).hexdigest()}


def roster_part(proof: Absence, target: bytes, *, scope: str, taken_at: str) -> Mapping[str, Any]:
    return {
        "scope": scope,
        "taken_at": taken_at,
        "size": proof.size,
        "root": proof.root.hex(),
        "target": target.hex(),
        "neighbours": [
            {"index": index, "leaf": leaf.hex(), "path": [node.hex() for node in path]}
            for index, leaf, path in proof.neighbours
        ],
    }


def public_key_of(raw: bytes) -> PublicKey:
    """`kid` is the thumbprint of RFC 7638 (RFC 8037, appendix A.3)."""
    x = encoded(raw)
    members = f'{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}'
    return PublicKey(x=x, kid=encoded(sha256(members.encode()).digest()))


def signed(receipt: Mapping[str, Any], private_key: bytes) -> str:
    key = Ed25519PrivateKey.from_private_bytes(private_key)
    kid = public_key_of(key.public_key().public_bytes_raw()).kid
    header = msgspec.json.encode(_Header(ALGORITHM, kid, TYPE))
    content = f"{encoded(header)}.{encoded(msgspec.json.encode(msgspec.convert(receipt, Receipt)))}"
    return f"{content}.{encoded(key.sign(content.encode()))}"


def verified(text: str, keys: Sequence[PublicKey]) -> Receipt:
    """Verifies the signature and the proof of absence. A line feed may follow. Raises ReceiptInvalid."""
    parts = _COMPACT.fullmatch(text)
    if parts is None:
        raise ReceiptInvalid("this is not a compact JWS")
    header = _decoded(parts[1], _Header)
    if (header.alg, header.typ) != (ALGORITHM, TYPE):
        raise ReceiptInvalid("this is not a receipt")
    _check_signature(f"{parts[1]}.{parts[2]}".encode(), _bytes(parts[3]), header.kid, keys)
    receipt = _decoded(parts[2], Receipt)
    check_absence(_proof(receipt.roster), _hex(receipt.roster.target))
    return receipt


def encoded(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def _check_signature(content: bytes, signature: bytes, kid: str, keys: Sequence[PublicKey]) -> None:
    for key in keys:
        if key.kid != kid:
            continue
        raw = _bytes(key.x)
        if len(raw) != KEY_BYTES or public_key_of(raw).kid != kid:
            raise ReceiptInvalid("the key's id is not its thumbprint")
        try:
            Ed25519PublicKey.from_public_bytes(raw).verify(signature, content)
        except InvalidSignature:
            raise ReceiptInvalid("the signature does not match") from None
        return
    raise ReceiptInvalid("none of the keys has signed it")


def _proof(roster: _Roster) -> Absence:
    neighbours = [
        Neighbour(neighbour.index, _hex(neighbour.leaf), [_hex(node) for node in neighbour.path])
        for neighbour in roster.neighbours
    ]
    return Absence(roster.size, _hex(roster.root), neighbours)


def _decoded[T](part: str, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(_bytes(part), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ReceiptInvalid("it does not have the members of a receipt") from error


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise ReceiptInvalid("a digest is not in hexadecimal") from error


def _bytes(part: str) -> bytes:
    """Refuses what only decodes to the same bytes: its last character may have unused bits (RFC 4648 §3.5)."""
    try:
        content = urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:
        content = b""
    if encoded(content) != part:
        raise ReceiptInvalid("it is not encoded in base64url")
    return content
