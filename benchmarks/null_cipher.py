"""A cipher that hides nothing, to see what the real one costs. For the benchmark only: nothing in the package knows it.

Envelopes keep their size and form; only AES-GCM itself is left out.
"""

from typing import Final

from creatorvault.crypto import envelope
from creatorvault.crypto.envelope import TAG_BYTES

TAG: Final = bytes(TAG_BYTES)


class NullCipher:
    def __init__(self, key: bytes) -> None: ...

    def encrypt(self, _nonce: bytes, data: bytes, _additional: bytes | None) -> bytes:
        return data + TAG

    def decrypt(self, _nonce: bytes, data: bytes, _additional: bytes | None) -> bytes:
        return data[:-TAG_BYTES]


def install() -> None:
    """Into this process."""
    envelope.AESGCM = NullCipher  # type: ignore[assignment,misc]
