"""Servers shared by tests of the core."""

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.valkey import ValkeyServer


@pytest.fixture
def valkey(tmp_path: Path) -> Generator[ValkeyServer]:
    server = ValkeyServer(tmp_path)
    server.start()
    yield server
    server.kill()
