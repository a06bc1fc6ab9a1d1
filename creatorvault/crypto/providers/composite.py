"""All providers of a process as one, which picks the provider that a root key's id names."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Final, NamedTuple, Self

from creatorvault.core.lru import LRU
from creatorvault.core.telemetry.logging import get_logger
from creatorvault.crypto.errors import LostKey, Reason, RootKeyUnavailable
from creatorvault.crypto.providers.keyring import KEYRING
from creatorvault.crypto.providers.protocol import KeyState, ProviderHealth, RootKey, RootKeyProvider

log = get_logger(__name__)

LONGEST_PAUSE: Final = 5
MOST_PAUSES: Final = 1_000


class Pause(NamedTuple):
    until: float
    reason: Reason


class RootKeys:
    """A root key's id is `<provider>/<key>`, or an id without a slash of the keyring. `wraps_with` is the default.

    After a failure nothing is asked of the root key, or of the whole provider, for a few seconds: a request that waits
    for a provider holds a connection to the database, so that an outage would also block vaults whose keys are cached.
    `failures` counts by provider and reason.
    """

    def __init__(
        self,
        providers: Mapping[str, RootKeyProvider],
        wraps_with: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._providers = providers
        self.wraps_with = wraps_with
        self._paused = LRU[str, Pause](MOST_PAUSES)
        self.clock = clock
        self.failures = Counter[tuple[str, Reason]]()

    async def wrap(self, key: bytes, additional: bytes, root_key_id: str | None = None) -> tuple[str, bytes]:
        chosen = self.wraps_with if root_key_id is None else root_key_id
        provider = self._provider(chosen)
        with self._watched(chosen):
            return await provider.wrap(key, additional, chosen)

    async def unwrap(self, root_key_id: str, wrapped: bytes, additional: bytes) -> bytes:
        provider = self._provider(root_key_id)
        with self._watched(root_key_id):
            return await provider.unwrap(root_key_id, wrapped, additional)

    def expires(self, root_key_id: str) -> bool:
        provider = self._providers.get(provider_name(root_key_id))
        return provider is not None and provider.expires(root_key_id)

    async def describe(self, root_key_ids: Collection[str] = ()) -> Sequence[RootKey]:
        """The one that wraps comes first. One whose provider is not configured is missing."""
        asked: dict[str, set[str]] = defaultdict(set)
        for root_key_id in {self.wraps_with, *root_key_ids}:
            asked[provider_name(root_key_id)].add(root_key_id)
        found: list[RootKey] = []
        for name in {**self._providers, **asked}:
            if provider := self._providers.get(name):
                found += await provider.describe(asked[name])
            else:
                found += [RootKey(root_key_id, name, KeyState.MISSING) for root_key_id in asked[name]]
        found = [key._replace(wraps=key.id == self.wraps_with) for key in found]
        return sorted(found, key=lambda key: (not key.wraps, key.provider, key.id))

    async def health(self) -> Sequence[ProviderHealth]:
        return [health for provider in self._providers.values() for health in await provider.health()]

    async def aclose(self) -> None:
        for provider in self._providers.values():
            await provider.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def _provider(self, root_key_id: str) -> RootKeyProvider:
        provider = self._providers.get(provider_name(root_key_id))
        if provider is None:
            raise LostKey(root_key_id=root_key_id)
        return provider

    @contextmanager
    def _watched(self, root_key_id: str) -> Iterator[None]:
        """Raises RootKeyUnavailable at once during a pause. Afterwards logs and counts the failure, and pauses."""
        provider = provider_name(root_key_id)
        for paused in (provider, root_key_id):
            pause = self._paused.peek(paused)
            if pause is not None and self.clock() < pause.until:
                raise RootKeyUnavailable(root_key_id, pause.reason)
        try:
            yield
        except RootKeyUnavailable as error:
            reason = error.reason
            self.failures[provider, reason] += 1
            until = self.clock() + min(error.retry_after, LONGEST_PAUSE)
            self._paused.put(provider if reason.concerns_all_keys else root_key_id, Pause(until, reason))
            log.warning("root_key.unavailable", root_key_id=root_key_id, reason=reason.value)
            raise


def provider_name(root_key_id: str) -> str:
    name, slash, _ = root_key_id.partition("/")
    return name if slash else KEYRING
