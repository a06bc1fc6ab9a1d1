"""What readiness asks the database, each in one statement and in the way that most requests ask it."""

from time import monotonic
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from creatorvault.core.database.migrations import APPLIED, HISTORY, Standing, is_known, standing
from creatorvault.core.database.prepared_statements import PreparedStatementsProbe
from creatorvault.core.database.statements import Statements
from creatorvault.ideas.statements.reads import ONE
from creatorvault.settings.sections import DatabaseSettings

DEADLINE_SECONDS: Final = 2.0
WRITES_APART_SECONDS: Final = 5.0

READ_ONLY: Final = "SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean"
# An upgrade makes it; without it no event can be written down, and with it nothing that has to be.
AUDIT_KEY: Final = "SELECT EXISTS (SELECT FROM keys.audit_keys)"
# Keys are dumped apart from data: a restore may have brought one without the other.
VAULT_KEYS: Final = "SELECT to_regclass('keys.vault_keys') IS NOT NULL"
WRITE: Final = "SELECT probe_write()"
NOBODY: Final = UUID(int=0)


class Probes:
    """A connection apart from the requests', made and used as theirs: that those are all in use says nothing about the
    database.

    Every method raises ServiceUnavailable when the database cannot answer now, and what the driver raises otherwise.
    """

    def __init__(self, settings: DatabaseSettings) -> None:
        self._statements = Statements(replace(settings, pool_size=1, answer_seconds=DEADLINE_SECONDS))
        self._kept = PreparedStatementsProbe(settings, DEADLINE_SECONDS)
        self._wrote_at = -WRITES_APART_SECONDS
        self._failed: Exception | None = None

    async def is_read_only(self) -> bool:
        """A standby, or a server that an operator has set read-only, answers reads and stores nothing."""
        return await self._is(READ_ONLY)

    async def supports_prepared_statements(self) -> bool:
        """On connections of its own, and not each time."""
        return await self._kept.are_kept()

    async def standing(self) -> Standing:
        applied = [revision for (revision,) in await self._statements.rows(APPLIED)]
        history = () if is_known(applied) else await self._statements.rows(HISTORY)
        return standing(applied, [(revision, oldest) for revision, oldest in history])

    async def has_keys(self) -> bool:
        return await self._is(VAULT_KEYS) and await self._is(AUDIT_KEY)

    async def read(self) -> None:
        """One idea of nobody's: as the reads of creators, it goes through row-level security to the three tables."""
        await self._statements.rows(ONE, str(NOBODY), str(NOBODY), NOBODY)

    async def write(self) -> None:
        """A row that needs a page of its own, taken back, and a commit; what was found holds for a few seconds."""
        if monotonic() - self._wrote_at >= WRITES_APART_SECONDS:
            self._failed = None
            try:
                await self._statements.changed(WRITE)
            except Exception as error:
                self._failed = error
                raise
            finally:
                self._wrote_at = monotonic()
        elif self._failed is not None:
            raise self._failed

    async def aclose(self) -> None:
        await self._statements.close()

    async def _is(self, question: str) -> bool:
        ((answer,),) = await self._statements.rows(question)
        return bool(answer)
