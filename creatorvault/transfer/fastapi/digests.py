"""Keyed digests of sets of ideas, to compare the source with the vaults without showing anything of them."""

import secrets
from hashlib import blake2b
from typing import Final

import msgspec

from creatorvault.ideas.schemas import IdeaResponse

SIZE: Final = 32
MODULUS: Final = 2 ** (8 * SIZE)

_encode: Final = msgspec.msgpack.Encoder().encode


class DigestKey:
    """A random key, for one pass: digests say nothing without it, and those of two passes cannot be compared."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(SIZE)

    def of(self, idea: IdeaResponse) -> int:
        """Of all fields: keyed BLAKE2b (RFC 7693) of their MessagePack, which is one for each value."""
        return int.from_bytes(blake2b(_encode(idea), key=self._key, digest_size=SIZE).digest())


class DigestSum:
    """Of ideas in any order, modulo 2^256: unlike an exclusive or, a sum counts what is there twice."""

    def __init__(self) -> None:
        self.value = 0

    def add(self, digest: int) -> None:
        self.value = (self.value + digest) % MODULUS

    @property
    def text(self) -> str:
        return self.value.to_bytes(SIZE).hex()
