"""Algorithms that sign tokens, each with the one key type that it is allowed with.

An algorithm never counts by itself (RFC 8725 §3.1). Settings and the parsing of keys read this one table.
"""

from collections.abc import Mapping
from typing import Final

HS256: Final = "HS256"

# The members of a JWK (RFC 7518 §6, RFC 8037 §2) that its key type is made of.
KEY_TYPES: Final[Mapping[str, Mapping[str, str]]] = {
    HS256: {"kty": "oct"},
    "EdDSA": {"kty": "OKP", "crv": "Ed25519"},
    "ES256": {"kty": "EC", "crv": "P-256"},
    "ES512": {"kty": "EC", "crv": "P-521"},
    "RS256": {"kty": "RSA"},
    "PS256": {"kty": "RSA"},
}
SYMMETRIC: Final = tuple(name for name, key_type in KEY_TYPES.items() if key_type["kty"] == "oct")
ASYMMETRIC: Final = tuple(name for name in KEY_TYPES if name not in SYMMETRIC)

DEFAULT_ALGORITHMS: Final = ("EdDSA",)
"""Of an issuer whose settings name none: what Better Auth signs with unless it is told otherwise."""
