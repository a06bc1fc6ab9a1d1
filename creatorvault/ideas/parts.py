"""Process-wide objects of the ideas app."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from creatorvault.accounts.parts import AccountsParts
from creatorvault.audit.parts import AuditParts
from creatorvault.audit.services import AuditLog
from creatorvault.core.database.statements import Statements
from creatorvault.core.http.list_bodies import LargeBodies
from creatorvault.core.limits.work_allowance import WorkAllowance
from creatorvault.core.parts import Parts
from creatorvault.core.waiting.event_loop_budget import EventLoopBudget
from creatorvault.ideas.checkpoints.writer import CheckpointWriter
from creatorvault.ideas.content_search import ContentSearchParts
from creatorvault.ideas.full_reads import FullReads
from creatorvault.ideas.in_doubt import InDoubtIdeas
from creatorvault.ideas.opened import OpenedIdeas
from creatorvault.ideas.search.cache import SearchCache
from creatorvault.ideas.segments.growth import GrowingSegments
from creatorvault.ideas.segments.writer import SegmentWriter
from creatorvault.ideas.text.collation import collation_table
from creatorvault.settings.sections import Settings
from creatorvault.tenants.parts import VaultParts


@dataclass(slots=True)
class IdeasParts:
    vaults: VaultParts
    audit: AuditLog
    loop_budget: EventLoopBudget
    search_cache: SearchCache
    in_doubt: InDoubtIdeas
    opened: OpenedIdeas
    segment_writer: SegmentWriter
    checkpoint_writer: CheckpointWriter
    growing_segments: GrowingSegments
    searching: ContentSearchParts
    allowance: WorkAllowance
    large_bodies: LargeBodies


@asynccontextmanager
async def ideas_parts(parts: Parts) -> AsyncGenerator[IdeasParts]:
    settings, vaults, budget = parts[Settings], parts[VaultParts], parts[EventLoopBudget]
    collation_table()  # read here so that the first request that sorts by title need not wait
    async with AsyncExitStack() as stack:
        full_reads = FullReads(settings.search, settings.database)
        stack.push_async_callback(full_reads.aclose)
        writer = SegmentWriter(parts[Statements])
        stack.push_async_callback(writer.aclose)
        checkpoints = CheckpointWriter(parts[Statements])
        stack.push_async_callback(checkpoints.aclose)
        vaults.caches.append(checkpoints)
        cache = SearchCache(settings.search)
        vaults.caches.append(cache)
        opened = OpenedIdeas(settings.search.opened_bytes)
        vaults.caches.append(opened)
        allowance = WorkAllowance(settings.limits, parts[AccountsParts].limits.refused)
        segments = writer if settings.search.segments else None
        growing = GrowingSegments(segments)
        vaults.caches.append(growing)
        yield IdeasParts(
            vaults=vaults,
            audit=parts[AuditParts].log,
            loop_budget=budget,
            search_cache=cache,
            in_doubt=InDoubtIdeas(),
            opened=opened,
            segment_writer=writer,
            checkpoint_writer=checkpoints,
            growing_segments=growing,
            searching=ContentSearchParts(cache, full_reads, allowance, budget, segments, checkpoints),
            allowance=allowance,
            large_bodies=LargeBodies(settings.database.answer_seconds),
        )
