"""Wraps every key again, with the root key that wraps now, which may be the tenant's own.

The keys themselves and the rows under them do not change. It can be repeated after the process was killed: it selects
the keys that another root key wraps.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import batched
from typing import Any, Final, NamedTuple
from uuid import UUID

from creatorvault.audit.chain import SERVICE
from creatorvault.core.database.sealed_data import WrappedTable
from creatorvault.core.database.sessions import computing, run
from creatorvault.core.identifiers import KeyVersion, TenantId, VaultId, VaultRevision
from creatorvault.crypto.errors import WrongKey
from creatorvault.crypto.keyring import wrap_context
from creatorvault.key_management.findings import SERVICE_KEYS, Finding, Report, Unusable, named, problem_of
from creatorvault.key_management.installation import Installation, RunningLock
from creatorvault.key_management.statements.keys import REWRAP, ROOT_KEY, TENANTS_BY_ROOT, WRAPS, rewrap_in, wraps_of

BATCH: Final = 100
TENANTS_AT_ONCE: Final = 500
CONCURRENTLY: Final = 8
"""Tenants. Most have one key, and a transaction takes far longer than its wrap, as does a provider over a network."""


class _Rewrapped(NamedTuple):
    user_id: str
    version: int
    root_key_id: str
    wrapped: bytes
    new: bytes


@dataclass(slots=True)
class RootRotationResult:
    """The numbers of keys that were wrapped again, and of those that could not be."""

    rewrapped: int = 0
    left: int = 0


class RootRotation:
    def __init__(self, place: Installation, report: Report, done: Callable[[int], None] = lambda _: None) -> None:
        self._place = place
        self._report = report
        self._done = done

    async def rotate(self, lock: RunningLock) -> RootRotationResult:
        """Raises ServiceUnavailable, also if the provider is away; it can be repeated then."""
        result = RootRotationResult()
        for table in self._place.data.wrapped:
            await self._rewrap_service_keys(table, result)
        async for tenants in self._tenants():
            for some in batched(tenants, CONCURRENTLY):
                await lock.check()
                work = (self._rewrap_tenant(tenant_id, result) for tenant_id in some)
                # All of them end before the first error is raised: they use connections that are closed then.
                for outcome in await asyncio.gather(*work, return_exceptions=True):
                    if outcome is not None:
                        raise outcome
        if result.rewrapped or result.left:
            await self._record(result)
        return result

    async def _record(self, result: RootRotationResult) -> None:
        """In the service's chain: the keys of tenants do not change. Records nothing without the audit log's key, which
        is among the findings then.
        """
        counts = {"rewrapped": str(result.rewrapped), "left": str(result.left)}
        root_key_id = self._place.root_keys.wraps_with
        with suppress(*Unusable):
            async with self._place.vaults.database.writing(SERVICE) as session:
                await self._place.recorder.record(
                    session, SERVICE, "root_keys.rotated", root_key_id=root_key_id, **counts
                )

    async def _tenants(self) -> AsyncGenerator[Sequence[TenantId]]:
        after = UUID(int=0)
        while True:
            async with self._place.operators.reading() as session:
                rows = await run(session, TENANTS_BY_ROOT, after, TENANTS_AT_ONCE)
            yield [row[0] for row in rows]
            if len(rows) < TENANTS_AT_ONCE:
                return
            after = rows[-1][0]

    async def _rewrap_tenant(self, tenant_id: TenantId, result: RootRotationResult) -> None:
        after: tuple[str, int] = ("", 0)
        while True:
            async with self._place.vaults.database.writing(tenant_id) as session:
                own = [row[0] for row in await run(session, ROOT_KEY, str(tenant_id))]
                root_key_id = next(filter(None, own), self._place.root_keys.wraps_with)
                rows = await run(session, WRAPS, str(tenant_id), root_key_id, *after, BATCH)
                with computing(session):
                    new = [
                        row
                        for row in [await self._rewrapped(tenant_id, row, root_key_id, result) for row in rows]
                        if row
                    ]
                if new:
                    columns = map(list, zip(*new, strict=True))
                    changed = await run(session, REWRAP, str(tenant_id), root_key_id, *columns)
                    result.rewrapped += len(changed)
            self._done(len(rows))
            if len(rows) < BATCH:
                return
            after = rows[-1][0], rows[-1][1]

    async def _rewrapped(
        self, tenant_id: TenantId, row: Sequence[Any], target: str, result: RootRotationResult
    ) -> _Rewrapped | None:
        user_id, version, first_revision, root_key_id, wrapped = row
        vault = VaultId(tenant_id, user_id)
        bound = wrap_context(vault, KeyVersion(version), VaultRevision(first_revision))
        try:
            new = await self._wrapped_anew(root_key_id, wrapped, bound, target)
        except Unusable as error:
            self._report(Finding(vault, "keys.vault_keys", f"version {version}", problem_of(error)))
            result.left += 1
            return None
        return _Rewrapped(user_id, version, root_key_id, wrapped, new)

    async def _wrapped_anew(self, root_key_id: str, wrapped: bytes, bound: bytes, target: str) -> bytes:
        """Raises the provider's errors, and WrongKey if the new wrap does not open to the same key."""
        provider = self._place.root_keys
        key = await provider.unwrap(root_key_id, wrapped, bound)
        new_id, new = await provider.wrap(key, bound, target)
        if await provider.unwrap(new_id, new, bound) != key:
            raise WrongKey(root_key_id=new_id)
        return new

    async def _rewrap_service_keys(self, table: WrappedTable, result: RootRotationResult) -> None:
        target = self._place.root_keys.wraps_with
        async with self._place.operators.writing() as session:
            for *key, root_key_id, wrapped in await run(session, wraps_of(table)):
                if root_key_id == target:
                    continue
                try:
                    new = await self._wrapped_anew(root_key_id, wrapped, table.context(key), target)
                except Unusable as error:
                    self._report(Finding(SERVICE_KEYS, table.name, named(table.key, key), problem_of(error)))
                    result.left += 1
                    continue
                await run(session, rewrap_in(table), *key, root_key_id, wrapped, target, new)
                result.rewrapped += 1
