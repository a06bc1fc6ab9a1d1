"""Cache of the published keys of one issuer.

Known keys are always served from memory. Only requests that need a fetch wait for the network: the first one, or one
whose token names an unknown key.
"""

import asyncio
import math
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from creatorvault.accounts.errors import IssuerUnavailable
from creatorvault.accounts.jwks_client import JwksClient, Unreachable
from creatorvault.accounts.public_keys import InvalidKeySet, KeySet, VerifyingKey, read_key_set
from creatorvault.core.telemetry.alerts import raise_alert
from creatorvault.core.telemetry.logging import get_logger
from creatorvault.core.waiting.deadlines import Waiting
from creatorvault.settings.sections import AuthSettings

log = get_logger(__name__)

FETCHES: Counter[tuple[str, str]] = Counter()
"""Number of fetches by issuer and outcome since the start of the process."""

EMPTY_HANDED_PAUSE_SECONDS: Final = 1.0
"""Seconds between attempts while there is no key at all: the cooldown would be too long, since no caller is served."""


class JwksCache:
    """Fetches are single-flight, and outlive the request that started them.

    After an unsuccessful fetch (it failed, or did not contain the requested key) the next one waits for the
    cooldown; a successful one may be followed by another immediately, so that consecutive rotations all work.
    """

    def __init__(
        self,
        name: str,
        url: str,
        algorithms: Sequence[str],
        settings: AuthSettings,
        answer_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`answer_seconds` is the total time that a request may wait, including for the database."""
        self._name = name
        self._algorithms = algorithms
        self._settings = settings
        self._answer_seconds = answer_seconds
        self._clock = clock
        self._address = JwksClient(url, settings.jwks_timeout_seconds)
        self._keys: KeySet = {}
        self._refresh_at = -math.inf
        self._not_before = -math.inf
        self._failing = False
        self._flight: asyncio.Task[None] | None = None

    def known(self, key_id: str, algorithm: str) -> VerifyingKey | None:
        """Never waits. Starts a refresh in the background if the keys are stale."""
        key = self._keys.get((key_id, algorithm))
        if key is not None and self._clock() >= self._refresh_at and self._may_fetch():
            self._fetch_once()
        return key

    async def find(self, key_id: str, algorithm: str) -> VerifyingKey | None:
        """Returns None if the issuer does not publish this key. Raises IssuerUnavailable if that is unknown."""
        if (key := self.known(key_id, algorithm)) is not None:
            return key
        try:
            async with Waiting(self._answer_seconds):
                return await self._asked_for(key_id, algorithm)
        except TimeoutError:
            raise self._unavailable() from None

    async def aclose(self) -> None:
        if self._flight is not None:
            self._flight.cancel()
        await self._address.aclose()

    async def _asked_for(self, key_id: str, algorithm: str) -> VerifyingKey | None:
        if self._flight is not None:
            # It may have been sent before the key was published, so its result is used, but a missing key is not final.
            await asyncio.shield(self._flight)
            if (key := self.known(key_id, algorithm)) is not None:
                return key
        if self._may_fetch():
            await asyncio.shield(self._fetch_once())
            if (key := self.known(key_id, algorithm)) is not None:
                return key
            self._pause()
        if self._failing or not self._keys:
            raise self._unavailable()
        return None

    def _unavailable(self) -> IssuerUnavailable:
        return IssuerUnavailable(retry_after=math.ceil(max(1, self._not_before - self._clock())))

    def _may_fetch(self) -> bool:
        return self._clock() >= self._not_before

    def _pause(self) -> None:
        seconds = self._settings.jwks_cooldown_seconds
        if not self._keys:
            seconds = min(seconds, EMPTY_HANDED_PAUSE_SECONDS)
        self._not_before = max(self._not_before, self._clock() + seconds)

    def _fetch_once(self) -> asyncio.Task[None]:
        if self._flight is None:
            self._flight = asyncio.create_task(self._fetch(), name=f"fetch keys of {self._name}")
            self._flight.add_done_callback(self._land)
        return self._flight

    def _land(self, _: asyncio.Task[None]) -> None:
        self._flight = None

    async def _fetch(self) -> None:
        try:
            keys = read_key_set(await self._address.download(), self._algorithms)
        except (Unreachable, InvalidKeySet) as error:
            FETCHES[self._name, "failed"] += 1
            if not self._failing:
                raise_alert("provider_down", provider="issuer", issuer=self._name)
            self._failing = True
            self._pause()
            log.warning("accounts.keys.fetch_failed", issuer=self._name, reason=str(error), kept=len(self._keys))
            return
        FETCHES[self._name, "fetched"] += 1
        self._failing = False
        self._keys = keys
        self._refresh_at = self._clock() + self._settings.jwks_refresh_seconds
        log.info("accounts.keys.fetched", issuer=self._name, keys=len(keys))
