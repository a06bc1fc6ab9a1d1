"""Houses with both locks, and with one of them disabled."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import pytest

from tests.isolation.cast import Cast
from tests.isolation.locks import Locks, house_with
from tests.isolation.scene import Scene, SceneWith
from tests.postgres import Cluster

type CastWith = Callable[[Locks], Awaitable[Cast]]


@pytest.fixture(scope="session")
async def casts(cluster: Cluster, home: Path) -> AsyncGenerator[CastWith]:
    """Opens each house on first use, and caches it."""
    open_casts: dict[Locks, Cast] = {}
    async with AsyncExitStack() as stack:

        async def cast_with(locks: Locks) -> Cast:
            if locks not in open_casts:
                open_casts[locks] = Cast(await stack.enter_async_context(house_with(locks, cluster, home)), locks)
            return open_casts[locks]

        yield cast_with


@pytest.fixture
async def cast(casts: CastWith, locks: Locks) -> Cast:
    """The cast of the house with the test's `locks`."""
    return await casts(locks)


@pytest.fixture
def locks() -> Locks:
    return Locks.BOTH


@pytest.fixture(scope="session")
async def scenes(cluster: Cluster, home: Path) -> AsyncGenerator[SceneWith]:
    """Scenes in separate houses, which are opened on first use."""
    open_scenes: dict[Locks, Scene] = {}
    async with AsyncExitStack() as stack:

        async def scene_with(locks: Locks) -> Scene:
            if locks not in open_scenes:
                house = await stack.enter_async_context(house_with(locks, cluster, home))
                sql = await asyncpg.connect(house.database.superuser_url)
                stack.push_async_callback(sql.close)
                open_scenes[locks] = await Scene.made(house, sql)
            return open_scenes[locks]

        yield scene_with
