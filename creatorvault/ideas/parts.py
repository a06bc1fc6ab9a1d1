"""What of ideas lives as long as the process, and what of others their requests need."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from creatorvault.accounts.parts import AccountsParts
from creatorvault.audit.parts import AuditParts
from creatorvault.audit.services import AuditLog
from creatorvault.core.database.sessions import Database
from creatorvault.core.database.statements import Statements
from creatorvault.core.limits.work_allowance import WorkAllowance
from creatorvault.core.parts import Parts
from creatorvault.core.waiting.event_loop_budget import EventLoopBudget
from creatorvault.crypto.keyring import Keyring
from creatorvault.crypto.parts import CryptoParts
from creatorvault.ideas.content_search import ContentSearchParts
from creatorvault.ideas.full_reads import FullReads
from creatorvault.ideas.in_doubt import InDoubtIdeas
from creatorvault.ideas.search.cache import SearchCache
from creatorvault.ideas.segments.writer import SegmentWriter
from creatorvault.ideas.text.collation import collation_table
from creatorvault.settings.sections import Settings
from creatorvault.tenants.revisions import SeenRevisions


@dataclass(slots=True)
class IdeasParts:
    settings: Settings
    database: Database
    statements: Statements
    keyring: Keyring
    revisions: SeenRevisions
    audit: AuditLog
    loop_budget: EventLoopBudget
    search_cache: SearchCache
    doubts: InDoubtIdeas
    segment_writer: SegmentWriter
    searching: ContentSearchParts


@asynccontextmanager
async def ideas_parts(parts: Parts) -> AsyncGenerator[IdeasParts]:
    settings, database, budget = parts[Settings], parts[Database], parts[EventLoopBudget]
    collation_table()  # for which the first request for titles in order would wait
    async with AsyncExitStack() as stack:
        full_reads = FullReads(settings.search, settings.database)
        stack.push_async_callback(full_reads.aclose)
        segment_writer = SegmentWriter(parts[Statements])
        stack.push_async_callback(segment_writer.aclose)
        search_cache = SearchCache(settings.search)
        allowance = WorkAllowance(settings.limits, parts[AccountsParts].limits.refused)
        yield IdeasParts(
            settings=settings,
            database=database,
            statements=parts[Statements],
            keyring=parts[CryptoParts].keyring,
            revisions=parts[SeenRevisions],
            audit=parts[AuditParts].log,
            loop_budget=budget,
            search_cache=search_cache,
            doubts=InDoubtIdeas(),
            segment_writer=segment_writer,
            searching=ContentSearchParts(search_cache, full_reads, allowance, budget, database),
        )
