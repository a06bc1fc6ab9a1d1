"""Tells other processes which vaults this one has changed, by NOTIFY.

A transaction that notifies takes a lock on the whole database until its commit has ended, so no change of a vault does:
notices follow afterwards, in transactions of their own, for many vaults at once, that do not wait for the disk. While
nobody listens, nothing is sent.

A payload is `<sender>:<vault>,<vault>…`. The names are pseudonyms of the deployment, which reveal no id.
"""

import asyncio
import secrets
from collections.abc import Sequence
from contextvars import Context
from typing import Final

from creatorvault.core.database.statements import Statements
from creatorvault.core.database.transient_errors import DRIVER_ERRORS
from creatorvault.core.errors import ServiceUnavailable
from creatorvault.core.identifiers import VaultId, VaultRevision
from creatorvault.core.telemetry.logging import get_logger
from creatorvault.core.telemetry.pseudonyms import Pseudonyms

log = get_logger(__name__)

CHANNEL: Final = "creatorvault_live"
LISTENERS: Final = 1_464_422_511
"""The first number of the advisory lock that listeners share. Locks with two numbers are not those with one."""

DIGITS: Final = 16
AT_ONCE: Final = 400
"""Vaults in one notice: PostgreSQL allows 7,999 bytes."""

BETWEEN_SECONDS: Final = 0.05
UNHEARD_SECONDS: Final = 0.1
"""Between notices, and while nobody listens."""

MOST_WAITING: Final = 20_000
"""Vaults. Others are found by the next look at all of them."""

# Returns a row if somebody listens. The condition is evaluated before anything is sent. Without arguments of tenants.
NOTIFY: Final = """
    SELECT set_config('synchronous_commit', 'off', true), pg_notify($2, $3)
    WHERE NOT pg_try_advisory_xact_lock($1, 0)
"""


class VaultNames:
    """The pseudonyms of vaults in notices."""

    def __init__(self, pseudonyms: Pseudonyms) -> None:
        self._pseudonyms = pseudonyms

    def of(self, vault: VaultId) -> str:
        return self._pseudonyms.of("vault", str(vault.tenant_id), vault.user_id)[:DIGITS]


class Notifier:
    """One per process. It is a RevisionWatcher."""

    def __init__(self, statements: Statements, names: VaultNames) -> None:
        self._statements = statements
        self._names = names
        self._sender = secrets.token_hex(4)
        self._waiting: set[VaultId] = set()
        self._task: asyncio.Task[None] | None = None
        self.sent = 0
        """Notices since the start of the process."""

    def seen(self, vault: VaultId, revision: VaultRevision) -> None:
        """Whoever has committed it tells the others."""

    def committed(self, vault: VaultId) -> None:
        if len(self._waiting) < MOST_WAITING:
            self._waiting.add(vault)
        if self._task is None:
            # In a new context: it belongs to no request.
            self._task = asyncio.create_task(self._send_all(), context=Context())

    def vaults_of(self, payload: str) -> Sequence[str]:
        """Returns the pseudonyms in a notice, none if it is of this process, whose streams know already."""
        sender, _, names = payload.partition(":")
        return () if sender == self._sender else names.split(",")

    async def aclose(self) -> None:
        """What was not sent is found by the others' looks."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _send_all(self) -> None:
        try:
            while self._waiting:
                is_heard = await self._send()
                await asyncio.sleep(BETWEEN_SECONDS if is_heard else UNHEARD_SECONDS)
        finally:
            self._task = None

    async def _send(self) -> bool:
        """Returns whether somebody listens."""
        vaults = [self._waiting.pop() for _ in range(min(AT_ONCE, len(self._waiting)))]
        payload = f"{self._sender}:{','.join(map(self._names.of, vaults))}"
        try:
            rows = await self._statements.changed(NOTIFY, LISTENERS, CHANNEL, payload)
        except (ServiceUnavailable, *DRIVER_ERRORS):  # the others' looks find it
            log.info("live.not_notified", vaults=len(vaults))
            return False
        self.sent += len(rows)
        return bool(rows)
