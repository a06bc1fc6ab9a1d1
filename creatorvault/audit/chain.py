"""One link of a chain: what its digest covers. docs/operators/audit-log.md describes it for people."""

import hmac
import json
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from creatorvault.core.identifiers import TenantId
from creatorvault.crypto.envelope import context, time_part

SERVICE: Final = TenantId(UUID(int=0))
"""The chain of what concerns no tenant: operators, refused tokens."""

DOMAIN: Final = b"creatorvault/audit/v1"
BEGINNING: Final = bytes(32)
"""What stands for the digest before the first event."""


class Event(Protocol):
    """What is written down of an event, as an entity or as a row of a select."""

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
    """HMAC-SHA256 (RFC 2104): whoever can write to the database, but lacks the key, cannot make one.

    Raises TypeError for a time that was never written by this service: infinity, which has no time zone.
    """
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
