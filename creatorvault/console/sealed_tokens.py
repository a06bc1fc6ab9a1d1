"""The token with which an administrator signed in, sealed under a key that only the session's cookie gives."""

from typing import Final

from creatorvault.core.identifiers import KeyVersion
from creatorvault.crypto.cipher import derive_purpose_key
from creatorvault.crypto.envelope import EnvelopeKey, Sealed

PURPOSE: Final = "console-token"
VERSION: Final = KeyVersion(1)


def seal(secret: str, session_id: bytes, token: str) -> Sealed:
    return _key(secret).seal(token.encode(), session_id)


def unsealed(secret: str, session_id: bytes, sealed: bytes) -> str:
    """Raises NotAuthentic."""
    return _key(secret).open(sealed, session_id).decode()


def _key(secret: str) -> EnvelopeKey:
    return EnvelopeKey(derive_purpose_key(secret.encode(errors="surrogateescape"), PURPOSE), VERSION)
