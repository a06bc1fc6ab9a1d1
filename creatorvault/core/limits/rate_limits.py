"""Rate limits: how many requests one bucket may make in a minute, and what the headers say of it.

Windows are fixed. Each bucket has its own beginning within the minute, so that not all of them start anew at once.
Headers: draft-ietf-httpapi-ratelimit-headers-10; status 429: RFC 6585 §4.
"""

import math
import time
from collections import Counter
from collections.abc import Callable
from typing import Final, NamedTuple

from litestar.types import HTTPScope
from msgspec import Struct

from creatorvault.core.errors import TooManyRequests
from creatorvault.core.limits.client_addresses import ClientAddresses
from creatorvault.core.limits.counters import Counters, ProcessCounters, SharedCounters
from creatorvault.core.telemetry.pseudonyms import Pseudonyms
from creatorvault.settings.sections import GroupLimits, LimitsSettings

WINDOW_SECONDS: Final = 60
STATE_KEY: Final = "rate_limit"
GROUP: Final = "limits_group"
"""The `opt` of a handler that says which route group it belongs to."""

READING: Final = frozenset({"GET", "HEAD"})

type Header = tuple[bytes, bytes]


class Policy(Struct, frozen=True):
    """`name` is what the headers call it, and where it is counted."""

    name: str
    quota: int

    def headers(self, remaining: int, seconds: int) -> tuple[Header, Header]:
        """`seconds` until the bucket's quota is whole again."""
        return (
            (b"ratelimit-policy", b'"%b";q=%d;w=%d' % (self.name.encode(), self.quota, WINDOW_SECONDS)),
            (b"ratelimit", b'"%b";r=%d;t=%d' % (self.name.encode(), remaining, seconds)),
        )


class Quotas(NamedTuple):
    reads: Policy
    writes: Policy


class Reservation(NamedTuple):
    """One request that counts against its address until it is given back."""

    bucket: str
    window: int


class RateLimits:
    """One per process. `refused` counts by policy since its start.

    A route group with quotas of its own is counted apart; all other routes are counted together.
    """

    def __init__(
        self,
        settings: LimitsSettings,
        counters: Counters,
        pseudonyms: Pseudonyms,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`clock` tells seconds since 1970, by which processes agree on where a window begins."""
        self._enabled = settings.enabled
        self._common = Quotas(Policy("reads", settings.identity_reads), Policy("writes", settings.identity_writes))
        self._groups = {group.name: _quotas_of(group, self._common) for group in settings.groups}
        self._strangers = Policy("unauthenticated", settings.address_requests)
        self._addresses = ClientAddresses(settings.trusted_proxies)
        self._pseudonyms = pseudonyms
        self._clock = clock
        self.counters = counters
        self.refused: Counter[str] = Counter()

    async def count_caller(self, scope: HTTPScope, caller: str, group: str = "") -> None:
        """A request with a token that was accepted. `caller` is a pseudonym. Raises TooManyRequests."""
        quotas = self._groups.get(group, self._common)
        await self._count(scope, quotas.reads if scope["method"] in READING else quotas.writes, caller)

    async def count_stranger(self, scope: HTTPScope) -> None:
        """A request without a token, or with one that has been withdrawn, by its address. Raises TooManyRequests."""
        await self._count(scope, self._strangers, self._pseudonyms.of(self._addresses.bucket(scope)))

    async def reserve(self, scope: HTTPScope) -> Reservation | None:
        """Counts a request by its address before its token is verified. However many arrive at once, no more than the
        quota are verified. Raises TooManyRequests. Returns None where nothing is counted.
        """
        return await self._count(scope, self._strangers, self._pseudonyms.of(self._addresses.bucket(scope)))

    async def give_back(self, scope: HTTPScope, reservation: Reservation | None) -> None:
        """For a token that was accepted, or that could not be judged: the request is not a stranger's."""
        if reservation is not None:
            scope["state"].pop(STATE_KEY, None)
            await self.counters.take_back(*reservation)

    async def aclose(self) -> None:
        await self.counters.aclose()

    async def _count(self, scope: HTTPScope, policy: Policy, who: str) -> Reservation | None:
        if not self._enabled:
            return None
        window, elapsed = divmod(self._clock() + int(who[:4], 16) % WINDOW_SECONDS, WINDOW_SECONDS)
        counted = Reservation(f"{policy.name}:{who}", int(window))
        count = await self.counters.add(*counted, WINDOW_SECONDS)
        seconds = math.ceil(WINDOW_SECONDS - elapsed)
        scope["state"][STATE_KEY] = policy.headers(max(0, policy.quota - count), seconds)
        if count > policy.quota:
            self.refused[policy.name] += 1
            raise TooManyRequests(retry_after=seconds)
        return counted


def _quotas_of(group: GroupLimits, common: Quotas) -> Quotas:
    return Quotas(
        common.reads if group.reads is None else Policy(f"{group.name}-reads", group.reads),
        common.writes if group.writes is None else Policy(f"{group.name}-writes", group.writes),
    )


def build_limits(settings: LimitsSettings, pseudonyms: Pseudonyms) -> RateLimits:
    """Connects to nothing."""
    url = settings.storage_url
    return RateLimits(settings, ProcessCounters() if url is None else SharedCounters(url), pseudonyms)


def limit_headers(scope: HTTPScope) -> tuple[Header, ...]:
    """Empty where nothing was counted."""
    headers: tuple[Header, ...] = scope["state"].get(STATE_KEY, ())
    return headers
