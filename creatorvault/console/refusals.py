"""Lock-out: an address from which several sign-ins were refused has to wait. All processes count together."""

import math
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from litestar.types import HTTPScope

from creatorvault.console.statements.refusals import COUNT, EVICT, FIND, GIVE_BACK
from creatorvault.core.database.statements import Statements
from creatorvault.core.errors import TooManyRequests
from creatorvault.core.limits.client_addresses import ClientAddresses
from creatorvault.core.telemetry.pseudonyms import Pseudonyms
from creatorvault.settings.operators import ConsoleSettings

MOST_ADDRESSES: Final = 10_000
"""Of more, the oldest are forgotten: nobody guesses 256 bits, and the table must not grow without bound."""


class Attempt(NamedTuple):
    """A sign-in that counts as refused until it is given back."""

    address: bytes
    since: datetime


class Refusals:
    """One per process. Every method raises ServiceUnavailable."""

    def __init__(
        self, statements: Statements, addresses: ClientAddresses, pseudonyms: Pseudonyms, settings: ConsoleSettings
    ) -> None:
        self._statements = statements
        self._addresses = addresses
        self._pseudonyms = pseudonyms
        self._most = settings.failures
        self._window = timedelta(seconds=settings.failure_seconds)

    async def count(self, scope: HTTPScope) -> Attempt:
        """Counts before the credential is verified, so that many at once are no more. Raises TooManyRequests."""
        address = bytes.fromhex(self._pseudonyms.of("console", self._addresses.bucket(scope)))
        now = datetime.now(UTC)
        before = now - self._window
        for since, failures in await self._statements.rows(FIND, address, before):
            if failures >= self._most:
                raise self._locked(since, now)
        [(since, failures)] = await self._statements.changed(COUNT, address, now, before)
        if failures > self._most:
            raise self._locked(since, now)
        return Attempt(address, since)

    async def give_back(self, attempt: Attempt) -> None:
        """After a credential that was accepted, or that could not be verified."""
        await self._statements.changed(GIVE_BACK, *attempt)

    async def keep(self) -> None:
        """After a refusal: bounds the number of rows."""
        await self._statements.changed(EVICT, MOST_ADDRESSES)

    def _locked(self, since: datetime, now: datetime) -> TooManyRequests:
        return TooManyRequests(retry_after=max(1, math.ceil((since + self._window - now).total_seconds())))
