"""A cipher that hides nothing, to see what the real one costs. For the benchmark only: nothing in the package knows it.

Envelopes keep their size and form; only AES-GCM itself and its randomness are left out.
"""

from typing import Final

from creatorvault.crypto import envelope
from creatorvault.crypto.envelope import HEADER_BYTES, NONCE_BYTES, TAG_BYTES, EnvelopeKey, Sealed

NONCE: Final = bytes(NONCE_BYTES)
TAG: Final = bytes(TAG_BYTES)


def seal(self: EnvelopeKey, plaintext: bytes, context: bytes) -> Sealed:
    return Sealed(self.header + NONCE + plaintext + TAG)


def open_(self: EnvelopeKey, sealed: bytes, context: bytes) -> bytes:
    return sealed[HEADER_BYTES + NONCE_BYTES : -TAG_BYTES]


def install() -> None:
    """Into this process."""
    envelope.EnvelopeKey.seal = seal  # type: ignore[method-assign]
    envelope.EnvelopeKey.open = open_  # type: ignore[method-assign]
