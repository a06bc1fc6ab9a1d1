"""The big list of naughty strings and tables of Unicode, from npm packages."""

from pathlib import Path

import pytest

from tests.better_auth.packages import NotInstallable, installed


@pytest.fixture(scope="session")
def npm_texts(request: pytest.FixtureRequest) -> Path:
    try:
        return installed(request.config.cache.mkdir("texts"), Path(__file__).parent) / "node_modules"
    except NotInstallable as reason:
        pytest.skip(f"no texts to try: {reason}")
