"""An implementation of the format in docs/encryption.md from that page alone, independent of the package."""

import hashlib
import hmac
import json
from base64 import b64encode, urlsafe_b64encode
from datetime import UTC, datetime
from itertools import accumulate
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import msgpack


def integer(number: int, bits: int, *, signed: bool = False) -> bytes:
    return number.to_bytes(bits // 8, "big", signed=signed)


def context(*parts: bytes) -> bytes:
    joined = b""
    for part in parts:
        joined += integer(len(part), 32) + part
    return joined


def time(text: str | None) -> bytes:
    if text is None:
        return b""
    since = datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)
    return integer((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds, 64, signed=True)


def purpose_key(vault_key: bytes, purpose: str) -> bytes:
    """RFC 5869, sections 2.2 and 2.3; 32 bytes are the first block of the output."""
    extracted = hmac.new(bytes(32), vault_key, hashlib.sha256).digest()
    return hmac.new(extracted, b"creatorvault/v1/" + purpose.encode() + b"\x01", hashlib.sha256).digest()


def name(vault_key: bytes, idempotency_key: str) -> bytes:
    return hmac.new(purpose_key(vault_key, "names"), idempotency_key.encode(), hashlib.sha256).digest()


def padded_length(length: int) -> int:
    if length <= 32:
        return 32
    e = 0
    while 2 ** (e + 1) <= length:
        e += 1
    s = 0
    while 2**s <= e:
        s += 1
    unit: int = 2 ** (e - s)
    return -(-length // unit) * unit


def padded(text: bytes) -> bytes:
    return text + b" " * (padded_length(len(text)) - len(text))


def wrap_bound(vector: dict[str, Any]) -> bytes:
    return b"\x01\x01" + context(
        b"creatorvault/vault-key/v1",
        UUID(vector["tenant_id"]).bytes,
        vector["user_id"].encode(),
        integer(vector["version"], 32),
        integer(vector["first_revision"], 64),
        vector["root_key_id"].encode(),
    )


def wrapped(vector: dict[str, Any]) -> bytes:
    aead, nonce = AESGCM(vector["root_key"]), bytes(vector["nonce"])
    return b"\x01\x01" + nonce + aead.encrypt(nonce, vector["vault_key"], wrap_bound(vector))


def remote_digest(vector: dict[str, Any]) -> bytes:
    return hashlib.sha256(wrap_bound(vector)[2:]).digest()


def remote_check(vector: dict[str, Any]) -> bytes:
    return purpose_key(vector["vault_key"], f"wrap-check/{remote_digest(vector).hex()}")[:16]


def additional_data(vector: dict[str, Any], column: str) -> bytes:
    return (
        b"\x01\x01"
        + integer(vector["version"], 32)
        + context(
            _domain(vector),
            UUID(vector["tenant_id"]).bytes,
            vector["user_id"].encode(),
            column.encode(),
            UUID(vector["id"]).bytes,
            integer(vector["stamp"] or vector["revision"], 64),
            integer(vector["stage"], 16, signed=True),
            integer(vector["priority"], 16, signed=True),
            time(vector["due_date"]),
            time(vector["created_at"]),
            time(vector["updated_at"]),
            *_position(vector),
        )
    )


def _domain(vector: dict[str, Any]) -> bytes:
    if not vector["stamp"]:
        return b"creatorvault/idea/v1"
    return b"creatorvault/idea/v2" if vector["previous"] is None else b"creatorvault/idea/v3"


def _position(vector: dict[str, Any]) -> list[bytes]:
    if vector["previous"] is None:
        return []
    position = [integer(vector["number"], 32, signed=True), integer(vector["previous"], 64, signed=True)]
    return [*position, time(vector["previous_until"])] if "previous_until" in vector else position


def deletion_context(vector: dict[str, Any]) -> bytes:
    return context(
        b"creatorvault/deletion/v1",
        UUID(vector["tenant_id"]).bytes,
        vector["user_id"].encode(),
        UUID(vector["id"]).bytes,
        integer(vector["number"], 32, signed=True),
        integer(vector["stamp"], 64, signed=True),
        time(vector["deleted_at"]),
    )


def pruning_context(vector: dict[str, Any]) -> bytes:
    vault = (UUID(vector["tenant_id"]).bytes, vector["user_id"].encode())
    return context(b"creatorvault/pruning/v1", *vault, time(vector["pruned_until"]))


def sealed_null(vector: dict[str, Any], purpose: str, bound: bytes) -> bytes:
    header, nonce = b"\x01\x01" + integer(vector["version"], 32), bytes(vector["nonce"])
    aead = AESGCM(purpose_key(vector["vault_key"], purpose))
    return header + nonce + aead.encrypt(nonce, padded(b"null"), header + bound)


def cursor_context(vector: dict[str, Any]) -> bytes:
    return context(
        b"creatorvault/cursor/v1",
        UUID(vector["tenant_id"]).bytes,
        vector["user_id"].encode(),
        compact(vector["question"]),
    )


def cursor(vector: dict[str, Any]) -> str:
    aead, nonce = AESGCM(purpose_key(vector["vault_key"], "cursors")), bytes(vector["nonce"])
    header = b"\x01\x01" + integer(vector["version"], 32)
    envelope = header + nonce + aead.encrypt(nonce, padded(compact(vector["place"])), header + cursor_context(vector))
    return urlsafe_b64encode(envelope).decode().rstrip("=")


def list_cursor_context(vector: dict[str, Any]) -> bytes:
    scope = [vector["user_id"].encode()] if "user_id" in vector else []
    return context(
        b"creatorvault/list-cursor/v1",
        vector["list"].encode(),
        UUID(vector["tenant_id"]).bytes,
        *scope,
        compact(vector["question"]),
    )


def list_cursor(vector: dict[str, Any]) -> str:
    own = "audit_key" in vector
    key = purpose_key(vector["audit_key"], "audit/cursors") if own else purpose_key(vector["vault_key"], "cursors")
    header, bound = b"\x01\x01" + integer(vector["version"], 32), list_cursor_context(vector)
    nonce = bytes(vector["nonce"])
    envelope = header + nonce + AESGCM(key).encrypt(nonce, padded(compact(vector["place"])), header + bound)
    return urlsafe_b64encode(envelope).decode().rstrip("=")


def carried(vector: dict[str, Any]) -> bytes:
    """Of a vault with one earlier key, which is version 1."""
    taken_over = {
        "names": b64encode(purpose_key(vector["earlier_key"], "names")).decode(),
        "cursors": {"1": b64encode(purpose_key(vector["earlier_key"], "cursors")).decode()},
    }
    bound = context(
        b"creatorvault/carried/v1",
        UUID(vector["tenant_id"]).bytes,
        vector["user_id"].encode(),
        integer(vector["version"], 32),
    )
    aead, nonce = AESGCM(purpose_key(vector["vault_key"], "carried")), bytes(vector["nonce"])
    header = b"\x01\x01" + integer(vector["version"], 32)
    return header + nonce + aead.encrypt(nonce, padded(compact(taken_over)), header + bound)


def segment_context(vector: dict[str, Any]) -> bytes:
    return context(
        b"creatorvault/segment/v2",
        UUID(vector["tenant_id"]).bytes,
        vector["user_id"].encode(),
        integer(vector["first_revision"], 64, signed=True),
        integer(vector["last_revision"], 64, signed=True),
        integer(len(vector["ideas"]), 32, signed=True),
        vector["folding"].encode(),
    )


def segment(vector: dict[str, Any]) -> bytes:
    aead, nonce = AESGCM(purpose_key(vector["vault_key"], "segments")), bytes(vector["nonce"])
    header = b"\x01\x01" + integer(vector["version"], 32)
    texts = [text.encode() for _, _, text, _ in vector["ideas"]]
    ids = b"".join(UUID(idea["id"]).bytes for *_, idea in vector["ideas"])
    stamps = b"".join(integer(stamp, 64) for _, stamp, *_ in vector["ideas"])
    bodies = msgpack.encode([compact(idea) for *_, idea in vector["ideas"]])
    packed = msgpack.encode([vector["size"], ids, stamps, list(accumulate(map(len, texts))), b"".join(texts), bodies])
    plaintext = padded(integer(len(packed), 32) + packed)
    return header + nonce + aead.encrypt(nonce, plaintext, header + segment_context(vector))


def vault_digest(ideas: list[list[Any]]) -> bytes:
    """`ideas` are revision, id and stamp of each, in any order."""
    ordered = sorted(ideas)
    ids = b"".join(UUID(idea_id).bytes for _, idea_id, _ in ordered)
    stamps = b"".join(integer(stamp, 64) for *_, stamp in ordered)
    return hashlib.sha256(integer(len(ordered), 64) + ids + stamps).digest()


def checkpoint_context(vector: dict[str, Any]) -> bytes:
    return context(
        b"creatorvault/checkpoint/v1",
        UUID(vector["tenant_id"]).bytes,
        vector["user_id"].encode(),
        integer(vector["revision"], 64, signed=True),
    )


def checkpoint(vector: dict[str, Any]) -> bytes:
    aead, nonce = AESGCM(purpose_key(vector["vault_key"], "checkpoints")), bytes(vector["nonce"])
    header = b"\x01\x01" + integer(vector["version"], 32)
    text = compact({"ideas": len(vector["ideas"]), "digest": vault_digest(vector["ideas"]).hex()})
    return header + nonce + aead.encrypt(nonce, padded(text), header + checkpoint_context(vector))


def compact(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def sealed(vector: dict[str, Any], column: str) -> bytes:
    aead, nonce = AESGCM(purpose_key(vector["vault_key"], "ideas")), bytes(vector[f"{column}.nonce"])
    text = compact(vector[f"{column}.json"])
    header = b"\x01\x01" + integer(vector["version"], 32)
    return header + nonce + aead.encrypt(nonce, padded(text), additional_data(vector, column))
