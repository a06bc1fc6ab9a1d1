"""Houses with both locks, and with one of them taken off."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.isolation.cast import Cast
from tests.isolation.locks import Locks, house_with
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
