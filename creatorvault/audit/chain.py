"""Events of a chain and their digests, described in docs/operators/audit-log.md."""

import hmac
import json
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from creatorvault.core.identifiers import TenantId
from creatorvault.crypto.envelope import context, time_part

SERVICE: Final = TenantId(UUID(int=0))
"""The chain of events without a tenant: operators, refused tokens."""

DOMAIN: Final = b"creatorvault/audit/v1"
BEGINNING: Final = bytes(32)
"""The previous digest of the first event."""


class Event(Protocol):
    """The recorded fields of an event, as an entity or as a row of a select."""

    @property
    def tenant_id(self) -> UUID: ...
    @property
    def sequence(self) -> int: ...
    @property
    def happened_at(self) -> datetime: ...
    @property
    def actor(self) -> str: ...
    @property
    def verb(self) -> str: ...
    @property
    def targets(self) -> dict[str, str]: ...
    @property
    def address(self) -> str | None: ...
    @property
    def outcome(self) -> str: ...


def digest(key: bytes, event: Event, previous: bytes) -> bytes:
    """Returns an HMAC-SHA256 (RFC 2104), which nobody with write access to the database can compute without the key."""
    parts = context(
        DOMAIN,
        event.tenant_id.bytes,
        event.sequence.to_bytes(8, signed=True),
        time_part(event.happened_at),
        event.actor.encode(),
        event.verb.encode(),
        json.dumps(event.targets, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode(),
        *(() if event.address is None else (event.address.encode(),)),
        event.outcome.encode(),
        previous,
    )
    return hmac.digest(key, parts, "sha256")
