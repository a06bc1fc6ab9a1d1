"""Houses with both locks, and with one of them taken off."""

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
    """Each house is opened when it is first asked for, and stays."""
    open_casts: dict[Locks, Cast] = {}
    async with AsyncExitStack() as stack:

        async def cast_with(locks: Locks) -> Cast:
            if locks not in open_casts:
                open_casts[locks] = Cast(await stack.enter_async_context(house_with(locks, cluster, home)), locks)
            return open_casts[locks]

        yield cast_with


@pytest.fixture
async def cast(casts: CastWith, locks: Locks) -> Cast:
    """In the house with the `locks` that the test is about."""
    return await casts(locks)


@pytest.fixture
def locks() -> Locks:
    return Locks.BOTH


@pytest.fixture(scope="session")
async def scenes(cluster: Cluster, home: Path) -> AsyncGenerator[SceneWith]:
    """Each in a house of its own, which is opened when it is first asked for."""
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
