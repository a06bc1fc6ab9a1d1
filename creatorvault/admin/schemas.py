"""Request and response schemas of the admin API: metadata, never content."""

from enum import StrEnum
from typing import Annotated, ClassVar, Final, Literal
from uuid import UUID

import msgspec
from pydantic import Field, StrictBool

from creatorvault.admin import prose
from creatorvault.core.http.paging import TOTAL
from creatorvault.core.http.schemas import Moment, Prose, RequestModel
from creatorvault.ideas.fields import AnyUuid
from creatorvault.settings.values import ROOT_KEY_ID
from creatorvault.tenants.models import TenantKind, TenantStatus, VaultStatus
from creatorvault.tenants.schemas import RetentionDays

HIGHEST_QUOTA: Final = 2**62
LONGEST_NAME: Final = 255

Quota = Annotated[int, Field(ge=1, le=HIGHEST_QUOTA)]
Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]


class TenantPath(RequestModel):
    described = prose.ONE_TENANT

    tenant_id: AnyUuid


class VaultPath(TenantPath):
    described = prose.ONE_VAULT

    user_id: Name


class TenantCreate(RequestModel):
    """A new tenant, as the tokens of its members identify it."""

    described = prose.NAME

    kind: TenantKind
    realm: Name
    external_id: Name


class TenantQuotas(RequestModel):
    """Quotas of the tenant. A missing or null quota means the default from the settings."""

    described = prose.QUOTAS

    idea_quota: Quota | None = None
    byte_quota: Quota | None = None
    vault_idea_quota: Quota | None = None
    vault_byte_quota: Quota | None = None


class TenantRootKey(RequestModel):
    """The root key of the tenant. A missing or null id means the default from the settings."""

    described = prose.OWN_ROOT_KEY

    root_key_id: Annotated[str, Field(max_length=LONGEST_NAME, pattern=ROOT_KEY_ID)] | None = None


class TenantRetention(RequestModel):
    """The retention of the tenant. A missing or null number means the default from the settings."""

    described = prose.RETENTION

    retention_days: RetentionDays | None = None


class TenantOwnerExport(RequestModel):
    """Whether owners and admins of the organization may export the vaults of its members."""

    described = prose.OWNER_EXPORT

    owner_export: StrictBool


class ErasureConfirm(RequestModel):
    """Confirms an erasure."""

    described = prose.CONFIRM

    confirmation: Name


class TenantResponse(msgspec.Struct, frozen=True, kw_only=True):
    """Metadata of a tenant."""

    described: ClassVar[Prose] = prose.TENANT

    tenant_id: UUID
    kind: TenantKind
    realm: str
    external_id: str
    status: TenantStatus
    idea_quota: int | None
    byte_quota: int | None
    vault_idea_quota: int | None
    vault_byte_quota: int | None
    root_key_id: str | None
    retention_days: int | None
    owner_export: bool
    created_at: Moment
    vaults: int
    ideas: int
    sealed_bytes: int
    newest_key_version: int
    last_activity: Moment | None
    erasable_from: Moment | None


class TenantList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of tenants."""

    described: ClassVar[Prose] = {
        "items": ("The tenants.", [{name: value for name, (_, value) in prose.TENANT.items()}]),
        **TOTAL,
    }

    items: list[TenantResponse]
    total: int
    limit: int
    offset: int
    has_more: bool
    next_cursor: str | msgspec.UnsetType | None = msgspec.UNSET


class VaultState(StrEnum):
    """As VaultStatus, with a name for vaults that are in use."""

    ACTIVE = "active"
    CLOSED = VaultStatus.CLOSED.value
    DESTROYED = VaultStatus.DESTROYED.value


class VaultResponse(msgspec.Struct, frozen=True, kw_only=True):
    """Metadata of a vault."""

    described: ClassVar[Prose] = prose.VAULT

    tenant_id: UUID
    user_id: str
    status: VaultState
    revision: int
    ideas: int
    sealed_bytes: int
    key_version: int
    created_at: Moment
    last_activity: Moment


class VaultList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of vaults."""

    described: ClassVar[Prose] = {
        "items": ("The vaults.", [{name: value for name, (_, value) in prose.VAULT.items()}]),
        **TOTAL,
    }

    items: list[VaultResponse]
    total: int
    limit: int
    offset: int
    has_more: bool
    next_cursor: str | msgspec.UnsetType | None = msgspec.UNSET


class RootKeyResponse(msgspec.Struct, frozen=True, kw_only=True):
    """Number and age of the keys that one root key wraps."""

    described: ClassVar[Prose] = prose.ROOT_KEY

    root_key_id: str
    vault_keys: int
    audit_keys: int
    receipt_keys: int
    oldest: Moment
    newest: Moment


class RootKeyList(msgspec.Struct, frozen=True, kw_only=True):
    """The root keys in use. A root key that wraps no keys can be removed."""

    described: ClassVar[Prose] = {
        "items": ("The root keys.", [{name: value for name, (_, value) in prose.ROOT_KEY.items()}])
    }

    items: list[RootKeyResponse]


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of the service and of the responding process."""

    described: ClassVar[Prose] = prose.FIGURES

    version: str
    migrated: bool
    tenants: dict[str, int]
    vaults: int
    ideas: int
    sealed_bytes: int
    opened_vaults: int
    corpora: int
    corpora_bytes: int


class ErasureRequested(msgspec.Struct, frozen=True, kw_only=True):
    """An erasure that waits for confirmation. The confirmation is shown only once."""

    described: ClassVar[Prose] = prose.REQUESTED

    confirmation: str
    not_before: Moment


class ErasureDone(msgspec.Struct, frozen=True, kw_only=True):
    """The result of an erasure."""

    described: ClassVar[Prose] = prose.ERASED

    tenant_id: UUID
    keys: int
    ideas: int
    answers: int


class VaultErasureWithdrawn(msgspec.Struct, frozen=True, kw_only=True):
    """A vault that is in use again."""

    described: ClassVar[Prose] = prose.WITHDRAWN

    tenant_id: UUID
    user_id: str
    status: Literal["active"] = "active"
