"""Process-wide objects of the accounts app."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from creatorvault.accounts.identity import Identity
from creatorvault.accounts.services import TokenVerifier, build_verifier
from creatorvault.core.identifiers import TenantId
from creatorvault.core.limits.rate_limits import RateLimits, build_limits
from creatorvault.core.parts import Parts
from creatorvault.core.telemetry.pseudonyms import Pseudonyms
from creatorvault.settings.sections import Settings


@dataclass(slots=True)
class AccountsParts:
    verifier: TokenVerifier
    limits: RateLimits
    pseudonyms: Pseudonyms


@dataclass(slots=True)
class TenantNaming:
    """Names the tenant of a caller. Contributed by `tenants`, which depends on `accounts`."""

    tenant_id_of: Callable[[Identity], TenantId]


@asynccontextmanager
async def accounts_parts(parts: Parts) -> AsyncGenerator[AccountsParts]:
    """Raises ValueError for an issuer that is not fully configured."""
    settings, pseudonyms = parts[Settings], parts[Pseudonyms]
    async with AsyncExitStack() as stack:
        verifier = build_verifier(settings.auth, answer_seconds=settings.database.answer_seconds)
        stack.push_async_callback(verifier.aclose)
        limits = build_limits(settings.limits, pseudonyms)
        stack.push_async_callback(limits.aclose)
        yield AccountsParts(verifier, limits, pseudonyms)
