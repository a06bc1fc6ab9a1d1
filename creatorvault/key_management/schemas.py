"""Responses about keys: root keys, what still needs each of them, vault keys, and rotations. Never a key."""

from collections.abc import Sequence
from typing import ClassVar, Self
from uuid import UUID

from msgspec import Struct

from creatorvault.core.http.schemas import Moment, Prose
from creatorvault.crypto.providers.protocol import KeyState
from creatorvault.key_management import openapi
from creatorvault.key_management.findings import Finding


class RootKeyStatus(Struct, frozen=True, kw_only=True):
    """A root key, and what it wraps."""

    described: ClassVar[Prose] = openapi.ROOT_KEY

    root_key_id: str
    provider: str
    state: KeyState
    reason: str | None
    wraps: bool
    version: int | None
    created_at: Moment | None
    vault_keys: int
    service_keys: int
    oldest: Moment | None
    newest: Moment | None


class ProviderStatus(Struct, frozen=True, kw_only=True):
    """A provider of root keys."""

    described: ClassVar[Prose] = openapi.PROVIDER

    provider: str
    reason: str | None


class VaultKeyStatus(Struct, frozen=True, kw_only=True):
    """The keys of all vaults in figures."""

    described: ClassVar[Prose] = openapi.VAULT_KEYS

    vaults: int
    with_earlier_keys: int
    highest_version: int | None
    oldest: Moment | None
    newest: Moment | None


class RotationStatus(Struct, frozen=True, kw_only=True):
    """A rotation of vault keys that is not finished."""

    described: ClassVar[Prose] = openapi.UNFINISHED

    tenant_id: str | None
    started_at: Moment


class KeysStatus(Struct, frozen=True, kw_only=True):
    """Root keys, vault keys, and rotations that are not finished."""

    described: ClassVar[Prose] = openapi.KEYS

    providers: Sequence[ProviderStatus]
    root_keys: Sequence[RootKeyStatus]
    vault_keys: VaultKeyStatus
    interrupted: Sequence[RotationStatus]


class KeyProblem(Struct, frozen=True, kw_only=True):
    """A row or a key that could not be opened."""

    described: ClassVar[Prose] = openapi.PROBLEM

    tenant_id: UUID
    user_id: str
    table: str
    row: str
    problem: str

    @classmethod
    def of(cls, finding: Finding) -> Self:
        vault = finding.vault
        return cls(
            tenant_id=vault.tenant_id,
            user_id=vault.user_id,
            table=finding.table,
            row=finding.row,
            problem=finding.problem,
        )
