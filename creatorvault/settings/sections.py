"""All settings, as frozen structs with their defaults and bounds."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from creatorvault.settings.operators import AdminSettings, ConsoleSettings
from creatorvault.settings.secret import Secret
from creatorvault.settings.streams import LiveSettings, TransferSettings
from creatorvault.settings.values import (
    MIB,
    Count,
    Host,
    Memory,
    Mount,
    Name,
    Namespace,
    Quota,
    Region,
    RootKeyId,
    Seconds,
    Variable,
)

IDEA_PARTITIONS: Final = 8
DEFAULT_REALM: Final = "better-auth"
TRANSIT: Final = "transit"
AWS_KMS: Final = "aws-kms"


class Environment(StrEnum):
    DEVELOPMENT = "development"
    PRODUCTION = "production"


class ServerSettings(Struct, frozen=True, kw_only=True):
    host: Host = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65_535)] = 8000
    workers: Annotated[int, Meta(ge=1, le=256)] = 1
    behind_tls: bool = False
    private_hosts: tuple[str, ...] = ()
    path_prefix: str = ""
    max_body_bytes: Annotated[int, Meta(ge=1024, le=64 * MIB)] = 98_304
    # The server itself refuses more than 65,534 bytes in a target, without a body.
    max_target_bytes: Annotated[int, Meta(ge=1024, le=65_534)] = 32_768
    max_header_bytes: Annotated[int, Meta(ge=1024, le=MIB)] = 32_768
    header_seconds: Seconds = 10.0
    body_seconds: Seconds = 10.0
    allowed_origins: tuple[str, ...] = ("http://localhost:3000",)
    allow_credentials: bool = True
    shutdown_seconds: Annotated[int, Meta(ge=1, le=3600)] = 10


class DatabaseSettings(Struct, frozen=True, kw_only=True):
    """Addresses are `postgresql+asyncpg://…`, regardless of their original form."""

    url: Secret | None = None
    owner_url: Secret | None = None
    operator_url: Secret | None = None
    replica_url: Secret | None = None
    listen_url: Secret | None = None
    operator_replica_url: Secret | None = None
    pool_size: Count = 10
    max_overflow: Annotated[int, Meta(ge=0, le=1_000_000)] = 10
    pool_wait_seconds: Seconds = 2.0
    connect_seconds: Seconds = 2.0
    statement_seconds: Seconds = 4.0
    lock_seconds: Seconds = 2.0
    idle_in_transaction_seconds: Seconds = 10.0
    answer_seconds: Seconds = 4.0
    startup_seconds: Seconds = 60.0
    prepared_statements: bool = True
    distributed: bool = False
    idea_partitions: Annotated[int, Meta(ge=1, le=1024)] = IDEA_PARTITIONS


class IssuerSettings(Struct, frozen=True, kw_only=True):
    """Issuers of one `realm` share their users; tenants are derived from the realm, not from the issuer.

    `secret_variable` names the environment variable that holds the secret of a shared-secret issuer.
    The names of claims may be paths: `o.id` is the member `id` of the claim `o`.
    """

    name: Name
    kind: Literal["shared-secret", "jwks"]
    realm: Name = DEFAULT_REALM
    secret: Secret | None = None
    secret_variable: Variable | None = None
    issuer: str | None = None
    audiences: tuple[str, ...] = ()
    jwks_url: str | None = None
    algorithms: tuple[str, ...] = ()
    admin_roles: tuple[str, ...] = ()
    roles_claim: Name = "role"
    organization_claim: Name = "org_id"
    organization_roles_claim: Name = "org_role"


class AuthSettings(Struct, frozen=True, kw_only=True):
    issuers: tuple[IssuerSettings, ...] = ()
    leeway_seconds: Annotated[int, Meta(ge=0, le=300)] = 30
    max_token_seconds: Annotated[int, Meta(ge=60, le=31_622_400)] = 86_400
    remembered_tokens: Annotated[int, Meta(ge=0, le=10_000_000)] = 10_000
    jwks_cooldown_seconds: Seconds = 10.0
    jwks_timeout_seconds: Seconds = 2.0
    jwks_refresh_seconds: Seconds = 300.0


class EncryptionSettings(Struct, frozen=True, kw_only=True):
    """`root_key_id` wraps; its default is the first entry of the keyring. A provider without address is not used.

    A key that a remote provider has unwrapped is unwrapped again after `key_cache_seconds`.
    """

    root_keys: Secret | None = None
    root_keys_file: Path | None = None
    root_key_id: RootKeyId | None = None
    pseudonym_key: Secret | None = None
    key_cache_seconds: Annotated[float, Meta(ge=1, le=86_400)] = 300.0
    provider_seconds: Seconds = 2.0
    transit_url: str | None = None
    transit_token: Secret | None = None
    transit_token_file: Path | None = None
    transit_mount: Mount = TRANSIT
    transit_namespace: Namespace | None = None
    transit_ca_file: Path | None = None
    kms_region: Region | None = None
    kms_endpoint_url: str | None = None
    rotate_after_revisions: Annotated[int, Meta(ge=1, le=2**30)] = 2**24
    rotation_rows_per_second: Count | None = None


class SearchSettings(Struct, frozen=True, kw_only=True):
    corpus_bytes: Memory = 256 * MIB
    vault_bytes: Memory = 64 * MIB
    opened_bytes: Annotated[int, Meta(ge=0, le=2**50)] = 16 * MIB
    segments: bool = True
    full_reads: Annotated[int, Meta(ge=1, le=64)] = 2
    full_read_seconds: Seconds = 60.0


class GroupLimits(Struct, frozen=True, kw_only=True):
    """Limits for one identity on the routes of one app. None means counted together with all routes without a quota."""

    name: Name
    reads: Count | None = None
    writes: Count | None = None


class LimitsSettings(Struct, frozen=True, kw_only=True):
    """Requests, and milliseconds of work, per minute. `trusted_proxies` are networks (CIDR) whose X-Forwarded-For is
    trusted.
    """

    enabled: bool = True
    identity_reads: Count = 600
    identity_writes: Count = 120
    identity_work_milliseconds: Annotated[int, Meta(ge=1, le=60_000)] = 2_500
    address_requests: Count = 300
    groups: tuple[GroupLimits, ...] = ()
    storage_url: Secret | None = None
    trusted_proxies: tuple[str, ...] = ()


class MetricsSettings(Struct, frozen=True, kw_only=True):
    """Disabled without a port or a token. With a port, worker n of a process group listens on port + n."""

    host: Host = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65_535)] | None = None
    token: Secret | None = None


class TenancySettings(Struct, frozen=True, kw_only=True):
    """Default quotas of a tenant, in ideas or bytes of ciphertext. None means unlimited.

    `retention_days` is how long a vault keeps earlier versions of ideas and deleted ones; with 0 it keeps neither.
    """

    auto_provision: bool = True
    idea_quota: Quota | None = None
    byte_quota: Quota | None = None
    vault_idea_quota: Quota | None = 1_000_000
    vault_byte_quota: Quota | None = 4096 * MIB
    retention_days: Annotated[int, Meta(ge=0, le=365)] = 30


class ErasureSettings(Struct, frozen=True, kw_only=True):
    """Of a creator's own erasure, and of receipts. `issuer` is the name that receipts give the service.

    `key_backup_days` is how long the last backup of the schema `keys` is kept; None means that it is not known.
    """

    confirmation_seconds: Annotated[int, Meta(ge=60, le=86_400)] = 600
    receipt_days: Annotated[int, Meta(ge=1, le=36_500)] = 365
    key_backup_days: Annotated[int, Meta(ge=0, le=36_500)] | None = None
    issuer: Name | None = None


class AuditSettings(Struct, frozen=True, kw_only=True):
    """`refused_tokens` of one address within a minute are recorded as one event."""

    refused_tokens: Count = 50


class JobsSettings(Struct, frozen=True, kw_only=True):
    """Of each process that runs jobs. With `in_server`, `creatorvault run` starts one beside its workers.

    A job that has failed or whose process has died `attempts` times is not run again.
    """

    in_server: bool = True
    concurrency: Annotated[int, Meta(ge=2, le=64)] = 4
    poll_seconds: Annotated[float, Meta(ge=0.1, le=3)] = 0.5
    attempts: Annotated[int, Meta(ge=1, le=100)] = 10
    log_days: Annotated[int, Meta(ge=1, le=3650)] = 7


class LoggingSettings(Struct, frozen=True, kw_only=True):
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"
    format: Literal["auto", "json", "console"] = "auto"


class Settings(Struct, frozen=True, kw_only=True):
    environment: Environment = Environment.DEVELOPMENT
    home: Path = Path(".creatorvault")
    server: ServerSettings = ServerSettings()
    database: DatabaseSettings = DatabaseSettings()
    auth: AuthSettings = AuthSettings()
    encryption: EncryptionSettings = EncryptionSettings()
    search: SearchSettings = SearchSettings()
    limits: LimitsSettings = LimitsSettings()
    metrics: MetricsSettings = MetricsSettings()
    tenancy: TenancySettings = TenancySettings()
    transfer: TransferSettings = TransferSettings()
    live: LiveSettings = LiveSettings()
    admin: AdminSettings = AdminSettings()
    console: ConsoleSettings = ConsoleSettings()
    erasure: ErasureSettings = ErasureSettings()
    audit: AuditSettings = AuditSettings()
    jobs: JobsSettings = JobsSettings()
    logging: LoggingSettings = LoggingSettings()
