"""Rate limits per minute and bucket, and their headers.

Windows are fixed. Each bucket has its own offset within the minute, so that they are not all reset at the same time.
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
"""The key in a handler's `opt` that names its route group."""

READING: Final = frozenset({"GET", "HEAD"})

type Header = tuple[bytes, bytes]


class Policy(Struct, frozen=True):
    """`name` identifies the policy in headers and counters."""

    name: str
    quota: int

    def headers(self, remaining: int, seconds: int) -> tuple[Header, Header]:
        """`seconds` is the time until the bucket is reset."""
        return (
            (b"ratelimit-policy", b'"%b";q=%d;w=%d' % (self.name.encode(), self.quota, WINDOW_SECONDS)),
            (b"ratelimit", b'"%b";r=%d;t=%d' % (self.name.encode(), remaining, seconds)),
        )


class Quotas(NamedTuple):
    reads: Policy
    writes: Policy


class Reservation(NamedTuple):
    """A request that counts against its address until it is given back."""

    bucket: str
    window: int


class RateLimits:
    """One per process. `refused` counts refusals by policy since the start.

    A route group with its own quotas is counted separately; all other routes are counted together.
    """

    def __init__(
        self,
        settings: LimitsSettings,
        counters: Counters,
        pseudonyms: Pseudonyms,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`clock` returns seconds since 1970, so that all processes use the same windows."""
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
        """Counts a request with an accepted token. `caller` is a pseudonym. Raises TooManyRequests."""
        quotas = self._groups.get(group, self._common)
        await self._count(scope, quotas.reads if scope["method"] in READING else quotas.writes, caller)

    async def count_stranger(self, scope: HTTPScope) -> None:
        """Counts a request without a token, or with a revoked one, by its address. Raises TooManyRequests."""
        await self._count(scope, self._strangers, self._pseudonyms.of(self._addresses.bucket(scope)))

    async def reserve(self, scope: HTTPScope) -> Reservation | None:
        """Counts a request by its address before its token is verified, so that no more than the quota are verified,
        even concurrently. Raises TooManyRequests. Returns None if limits are disabled.
        """
        return await self._count(scope, self._strangers, self._pseudonyms.of(self._addresses.bucket(scope)))

    async def give_back(self, scope: HTTPScope, reservation: Reservation | None) -> None:
        """Undoes a reservation if the token was accepted or could not be verified."""
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
    """Does not connect."""
    url = settings.storage_url
    return RateLimits(settings, ProcessCounters() if url is None else SharedCounters(url), pseudonyms)


def limit_headers(scope: HTTPScope) -> tuple[Header, ...]:
    """Returns no headers if nothing was counted."""
    headers: tuple[Header, ...] = scope["state"].get(STATE_KEY, ())
    return headers
