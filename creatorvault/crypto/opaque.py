"""Sealed values as text that fits URLs and headers, for instance cursors and undo tokens."""

from base64 import urlsafe_b64decode, urlsafe_b64encode


def written(sealed: bytes) -> str:
    """base64url without padding (RFC 4648 §5)."""
    return urlsafe_b64encode(sealed).rstrip(b"=").decode()


def read(text: str) -> bytes:
    """Raises ValueError for anything that `written` does not produce: decoders map many texts to the same bytes."""
    sealed = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if written(sealed) != text:
        raise ValueError
    return sealed
