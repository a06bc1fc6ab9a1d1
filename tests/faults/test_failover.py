"""The primary is killed or hangs, and its standby is promoted, under load: two real servers, two real services."""

import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.faults.failing_over import Mode, fail_over, promises, servers, services

pytestmark = pytest.mark.xdist_group("run")

NOT_DURABLE = {"fsync": "off", "full_page_writes": "off"}


@pytest.fixture
def folder() -> Generator[Path]:
    """A short path, for sockets, which the account of the server can access when run as root."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.longest
@pytest.mark.parametrize("mode", Mode)
async def test_every_promise_of_a_failover_holds(mode: Mode, folder: Path) -> None:
    with servers(folder, NOT_DURABLE) as both:
        async with services(folder, both) as running:
            scene = await fail_over(mode, both, running, seconds=1.0)
            log = running[0].log

    broken = [promise for promise in promises(scene) if not promise.holds and not promise.is_timed]
    assert not broken, log[-3000:]
