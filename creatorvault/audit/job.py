"""The job of a verification of the audit log that an operator has asked for. It begins again if it was interrupted."""

from contextlib import AsyncExitStack, aclosing
from datetime import UTC, datetime
from typing import Final

import msgspec

from creatorvault.audit.chain import SERVICE
from creatorvault.audit.errors import NoLoginForVerification
from creatorvault.audit.parts import AuditParts
from creatorvault.audit.schemas import AuditProblem
from creatorvault.audit.statements import ADVANCE, EVENTS, REQUESTED
from creatorvault.audit.verification import Finding, Seen, findings
from creatorvault.core.background.declarations import JobKind, JobPlace
from creatorvault.core.background.progress import storing_progress
from creatorvault.core.database.operator_login import operators_database
from creatorvault.core.database.sessions import Database, WriteSession, run
from creatorvault.core.parts import Parts
from creatorvault.core.telemetry.alerts import raise_alert
from creatorvault.settings.sections import Settings

KIND: Final = "audit.verify"
MOST_PROBLEMS: Final = 20
SECONDS: Final = 86_400.0
"""Time limit of the statements, which read a long log."""


class VerificationProgress:
    """Counts what was read. The first findings are stored, and all logged."""

    def __init__(self, operators: Database, verification_id: int, events: int) -> None:
        self.seen = Seen()
        self.findings = 0
        self._operators = operators
        self._id = verification_id
        self._events = events
        self._problems = list[AuditProblem]()

    def report(self, finding: Finding) -> None:
        tenant_id, sequence, text = finding
        raise_alert("audit_broken", tenant_id=str(tenant_id), sequence=str(sequence), problem=text)
        self.findings += 1
        if len(self._problems) < MOST_PROBLEMS:
            self._problems.append(AuditProblem(tenant_id=tenant_id, sequence=sequence, problem=text))

    async def store(self) -> None:
        """Raises ServiceUnavailable."""
        async with self._operators.writing() as session:
            await self.write(session, None)

    async def write(self, session: WriteSession, finished_at: datetime | None) -> None:
        problems = msgspec.json.encode(self._problems).decode()
        counts = self.seen.events, self._events, self.seen.chains, self.findings
        await run(session, ADVANCE, self._id, datetime.now(UTC), *counts, problems, finished_at)


async def run_verification(parts: Parts, place: JobPlace) -> None:
    """Does nothing if it is finished. Raises ServiceUnavailable, AuditKeyMissing, NoLoginForVerification."""
    verification_id, log = place.subject_id.int, parts[AuditParts].log
    async with AsyncExitStack() as stack:
        database = operators_database(parts[Settings].database, SECONDS)
        if database is None:
            raise NoLoginForVerification
        stack.push_async_callback(database.close)
        async with database.reading() as session:
            rows = await run(session, REQUESTED, verification_id)
            if not rows:
                return
            [(events,)] = await run(session, EVENTS)
            key = await log.keys.chain(session)
            progress = VerificationProgress(database, verification_id, events)
            async with storing_progress(progress.store), aclosing(findings(session, key, {}, progress.seen)) as found:
                async for finding in found:
                    progress.report(finding)
        async with database.writing() as session:
            await progress.write(session, datetime.now(UTC))
            counts = {"events": str(progress.seen.events), "findings": str(progress.findings)}
            recorder = log.recorder(rows[0][0])
            await recorder.record(session, SERVICE, "audit.verified", verification=str(verification_id), **counts)


VERIFY: Final = JobKind(name=KIND, run=run_verification)
