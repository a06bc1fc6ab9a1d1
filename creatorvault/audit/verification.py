"""Verifies every chain: finds events that were edited, removed, added or reordered outside of the service.

The database alone cannot show that it was rolled back as a whole, events and heads together: to detect this, heads are
stored elsewhere (`creatorvault audit heads`) and compared.
"""

import hmac
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from creatorvault.audit.chain import BEGINNING, digest
from creatorvault.audit.repositories import EventColumns, heads, links
from creatorvault.core.database.sessions import ReadSession


class Finding(NamedTuple):
    tenant_id: UUID
    sequence: int
    text: str


class Head(NamedTuple):
    sequence: int
    digest: bytes


NOTHING = Head(0, BEGINNING)


@dataclass(slots=True)
class Seen:
    """The numbers of events and of chains that were read so far."""

    events: int = 0
    chains: int = 0


async def findings(
    session: ReadSession, key: bytes, kept: Mapping[UUID, Head], seen: Seen | None = None
) -> AsyncGenerator[Finding]:
    """`session` is an operator's, on one snapshot. `kept` are heads that were written down elsewhere, earlier."""
    seen = Seen() if seen is None else seen
    ends: dict[UUID, Head] = {}
    unmet = dict(kept)
    async with aclosing(links(session)) as rows:
        async for row in rows:
            before = ends.get(row.tenant_id, NOTHING)
            if text := _wrong(key, row, before):
                yield Finding(row.tenant_id, row.sequence, text)
            end = ends[row.tenant_id] = Head(row.sequence, row.digest)
            seen.events += 1
            seen.chains = len(ends)
            if unmet.get(row.tenant_id) == end:
                del unmet[row.tenant_id]
    stored = {head.tenant_id: Head(head.sequence, head.digest) for head in await heads(session)}
    for tenant_id in sorted(ends.keys() | stored.keys()):
        if ends.get(tenant_id) != stored.get(tenant_id):
            yield Finding(tenant_id, ends.get(tenant_id, NOTHING).sequence, "the end of the chain is not its head")
    for tenant_id, head in unmet.items():
        yield Finding(tenant_id, head.sequence, "the head that was kept elsewhere is no part of the chain")


def _wrong(key: bytes, row: EventColumns, before: Head) -> str | None:
    if row.sequence != before.sequence + 1:
        return f"events {before.sequence + 1} to {row.sequence - 1} are missing"
    if row.previous != before.digest:
        return "it does not follow the event before it"
    if not hmac.compare_digest(digest(key, row, row.previous), row.digest):
        return "it was edited, or not written by this service"
    return None
