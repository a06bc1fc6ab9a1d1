"""Litestar dependency providers of the health endpoints."""

from typing import Any

from litestar import Request

from creatorvault.core.parts import part_of
from creatorvault.health.services import HealthService


async def provide_health(request: Request[Any, Any, Any]) -> HealthService:
    return part_of(request.app, HealthService)
