"""Vaults, ciphers and texts for cryptographic tests."""

from uuid import uuid4

from hypothesis import strategies as st

from creatorvault.core.identifiers import KeyVersion, TenantId, UserId, VaultId, VaultRevision
from creatorvault.crypto.cipher import VaultCipher

type Keys = dict[KeyVersion, bytes]

FIRST = KeyVersion(1)
SECOND = KeyVersion(2)

json_texts = st.binary(max_size=400).map(lambda text: text.rstrip(b" "))
contexts = st.binary(max_size=120)
keys = st.binary(min_size=32, max_size=32)


def new_vault(user_id: str = "ada") -> VaultId:
    return VaultId(TenantId(uuid4()), UserId(user_id))


def cipher_with(keys: Keys, vault: VaultId | None = None) -> VaultCipher:
    return VaultCipher(vault or new_vault(), VaultRevision(1), keys, unusable={})
