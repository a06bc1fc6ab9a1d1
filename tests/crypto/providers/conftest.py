"""Each provider as an engine of the contract."""

from collections.abc import AsyncGenerator, Generator
from functools import partial

import pytest

from tests import kms
from tests.bao import Bao
from tests.crypto.providers.engines import Engine, KeyringEngine, KmsEngine, TransitEngine, to
from tests.front import Front, front_of


@pytest.fixture(scope="session")
def bao(tmp_path_factory: pytest.TempPathFactory) -> Generator[Bao]:
    with Bao(tmp_path_factory.mktemp("bao")) as bao:
        bao.call("POST", "sys/mounts/transit", type="transit")
        yield bao


@pytest.fixture
def in_front_of_bao(bao: Bao) -> Generator[Front]:
    with front_of(partial(to, bao.url)) as front:
        yield front


@pytest.fixture
def in_front_of_kms(monkeypatch: pytest.MonkeyPatch) -> Generator[Front]:
    for name, value in kms.CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    with front_of(kms.answer) as front:
        yield front


@pytest.fixture(params=["keyring", "transit", "aws-kms"])
async def engine(request: pytest.FixtureRequest) -> AsyncGenerator[Engine]:
    engine: Engine
    if request.param == "keyring":
        engine = KeyringEngine()
    elif request.param == "transit":
        engine = TransitEngine(request.getfixturevalue("bao"), request.getfixturevalue("in_front_of_bao"))
    else:
        engine = KmsEngine(request.getfixturevalue("in_front_of_kms"))
    yield engine
    await engine.provider.aclose()
