"""Process-wide objects of the health app."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from creatorvault.core.parts import Parts
from creatorvault.crypto.parts import CryptoParts
from creatorvault.health.probes import Probes
from creatorvault.health.services import HealthService
from creatorvault.settings.sections import Settings


@asynccontextmanager
async def health_service(parts: Parts) -> AsyncGenerator[HealthService]:
    probes = Probes(parts[Settings].database)
    try:
        yield HealthService(probes, parts[CryptoParts].root_keys)
    finally:
        await probes.aclose()
