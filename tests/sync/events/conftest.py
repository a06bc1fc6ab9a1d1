"""Applications whose streams last, and clients that read them."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Final

import httpx
import pytest

from tests.application import House
from tests.sync.events.clients import served

LASTING: Final = {"CREATORVAULT_LIVE__LONGEST_SECONDS": "3600"}

type HouseWith = Callable[..., Awaitable[House]]


@pytest.fixture
async def streaming(house_with: HouseWith) -> House:
    return await house_with(**LASTING)


@pytest.fixture
async def client(streaming: House) -> AsyncGenerator[httpx.AsyncClient]:
    """A client of `streaming`, served as a worker does."""
    async with served(streaming.app) as client:
        yield client
