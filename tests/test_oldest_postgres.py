"""The oldest PostgreSQL that is supported, 15: migrations, writes, reads, searches and an erasure.

All other tests use the embedded server, which is newer. Debian's package postgresql-15 has `pg_createcluster`.
"""

import tempfile
from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import Final

import pytest

from creatorvault.management import postgres
from creatorvault.management.checks_of_database import OLDEST
from creatorvault.management.postgres import EmbeddedPostgres
from creatorvault.management.postgres_place import Place, place_for
from tests.application import House, environment_of, open_house
from tests.postgres import OPTIONS, Cluster
from tests.schema import build_template, migrate

PROGRAMS: Final = Path(f"/usr/lib/postgresql/{OLDEST}/bin")


class OldestPostgres(EmbeddedPostgres):
    locale = ("--locale", "C.UTF-8")


@pytest.fixture(scope="module")
def oldest_cluster() -> Generator[Cluster]:
    if not (PROGRAMS / "postgres").exists():
        pytest.skip(f"PostgreSQL {OLDEST} is not installed")

    def place(home: Path) -> Place:
        return place_for(home)._replace(programs=PROGRAMS)

    with tempfile.TemporaryDirectory(prefix="creatorvault-tests-") as folder, pytest.MonkeyPatch.context() as patch:
        home = Path(folder)
        home.chmod(0o755)
        patch.setattr(postgres, "place_for", place)
        with OldestPostgres(home, OPTIONS) as server:
            cluster = Cluster(str(server.place.folder), str(PROGRAMS), str(server.place.socket))
            build_template(cluster)
            yield cluster


@pytest.fixture(scope="module")
async def oldest_house(oldest_cluster: Cluster, home: Path) -> AsyncGenerator[House]:
    database = oldest_cluster.clone("oldest")
    async with open_house(environment_of(database, home), database) as house:
        yield house


def test_it_is_the_oldest(oldest_cluster: Cluster) -> None:
    assert oldest_cluster.run("SHOW server_version_num").startswith(f"{OLDEST}0")


async def test_ideas_are_stored_listed_found_and_deleted(oldest_house: House) -> None:
    ada = oldest_house.creator()
    first, second = await ada.idea("First", notes="about whales"), await ada.idea("Second", tags=["sea"])

    assert (await ada.patch(second, {"title": "Changed"})).status_code == 200
    assert await ada.titles() == ["Changed", "First"]
    assert await ada.titles({"search": "whales"}) == ["First"]
    assert await ada.titles({"tags": "sea", "sort": "title"}) == ["Changed"]
    assert (await ada.delete(first)).status_code == 204
    assert await ada.titles() == ["Changed"]


async def test_it_is_ready(oldest_house: House) -> None:
    response = await oldest_house.client.get("/health/ready")

    assert response.status_code == 200, response.text


def test_migrations_are_reverted(oldest_cluster: Cluster) -> None:
    database = oldest_cluster.clone("reverted")

    migrate(database, "base", down=True)

    assert oldest_cluster.run("SELECT count(*) FROM pg_tables WHERE schemaname = 'keys'", database.name) == "0\n"
