"""What was deleted permanently is nowhere: not in tables, not in the WAL after a checkpoint, not in segments.

Content is never written in the clear (`tests/test_canary.py`). Here not even its ciphertexts are left.
"""

from collections.abc import AsyncGenerator, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from creatorvault.history.purging import purge
from creatorvault.ideas.segments.sealing import FEWEST
from tests.application import House, environment_of, open_house
from tests.canaries import files_under
from tests.factories import Creator, Idea
from tests.history.aging import purge_parts
from tests.history.undoing import choose, empty_trash, expunge, restore, trashed, versions
from tests.postgres import Cluster
from tests.schema import build_template

pytestmark = [pytest.mark.xdist_group("canary"), pytest.mark.no_cover]

ENVELOPES = """
    SELECT title FROM {table} WHERE id = $1 UNION ALL SELECT notes FROM {table} WHERE id = $1
    UNION ALL SELECT tags FROM {table} WHERE id = $1
"""


@pytest.fixture(scope="module")
def own_cluster() -> Iterator[Cluster]:
    cluster = Cluster.start()
    try:
        build_template(cluster)
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture
async def own_house(own_cluster: Cluster, tmp_path: Path) -> AsyncGenerator[House]:
    database = own_cluster.clone("nothing_left")
    try:
        async with open_house(environment_of(database, tmp_path), database) as house:
            yield house
    finally:
        own_cluster.drop(database)


@pytest.fixture
async def sql(own_house: House) -> AsyncGenerator[asyncpg.Connection]:
    connection = await asyncpg.connect(own_house.database.superuser_url)
    await connection.execute("ALTER SYSTEM SET wal_recycle = off")
    await connection.execute("SELECT pg_reload_conf()")
    yield connection
    await connection.close()


class Sown:
    """An idea with an earlier version among others, of which a search has made segments."""

    def __init__(self, ada: Creator, idea: Idea, envelopes: Sequence[bytes], segments: Sequence[bytes]) -> None:
        self.ada = ada
        self.idea = idea
        self.envelopes = envelopes
        self.segments = segments


async def sow(house: House, sql: asyncpg.Connection) -> Sown:
    ada = house.creator()
    for number in range(FEWEST):
        await ada.idea(f"Idea {number}")
    idea = await ada.idea("Zwiebelturm", notes="Hexenkessel", tags=["Moosglocke"])
    envelopes = [row[0] for row in await sql.fetch(ENVELOPES.format(table="ideas"), idea["id"])]
    await ada.patch(idea, {"title": "Another"})
    envelopes += [row[0] for row in await sql.fetch(ENVELOPES.format(table="ideas"), idea["id"])]
    assert await ada.titles({"search": "another"}) == ["Another"]
    await house.parts.segment_writer.finish()
    segments = [row[0] for row in await sql.fetch("SELECT sealed FROM idea_segments")]
    assert (len(set(envelopes)), len(segments)) == (6, 1)
    return Sown(ada, idea, envelopes, segments)


async def places(house: House, cluster: Cluster, sql: asyncpg.Connection, values: Sequence[bytes]) -> set[str]:
    """Returns the files in which any of the values are, after dead rows were removed and a checkpoint was made."""
    for table in ("ideas", "idea_versions", "trashed_ideas", "idea_segments"):
        await sql.execute(f"VACUUM FULL {table}")
    for _ in range(2):
        await sql.execute("SELECT pg_switch_wal()")
        await sql.execute("CHECKPOINT")
    files = list(files_under(Path(cluster.folder) / "data"))
    assert any(name.startswith("pg_wal/0") for name, _ in files)
    return {name for name, content in files for value in values if value in content}


async def test_with_retention_0_nothing_is_left(
    own_house: House, own_cluster: Cluster, sql: asyncpg.Connection
) -> None:
    sown = await sow(own_house, sql)
    assert await places(own_house, own_cluster, sql, sown.envelopes)
    await choose(sown.ada, {"retention_days": 0})
    assert await places(own_house, own_cluster, sql, sown.envelopes[:3]) == set()  # of the earlier version
    assert (await sown.ada.delete(sown.idea)).status_code == 204
    assert await sown.ada.titles({"search": "another"}) == []
    await own_house.parts.segment_writer.finish()

    assert await places(own_house, own_cluster, sql, [*sown.envelopes, *sown.segments]) == set()


async def test_with_retention_30_it_is_left_for_30_days_and_then_nothing(
    own_house: House, own_cluster: Cluster, sql: asyncpg.Connection
) -> None:
    sown = await sow(own_house, sql)
    await sown.ada.delete(sown.idea)
    assert await sown.ada.titles({"search": "another"}) == []
    await own_house.parts.segment_writer.finish()
    parts, now = purge_parts(own_house), datetime.now(UTC)
    await purge(parts, now + timedelta(days=29, hours=23))

    assert await places(own_house, own_cluster, sql, sown.envelopes[:1])
    assert await places(own_house, own_cluster, sql, sown.envelopes[3:4])
    assert await places(own_house, own_cluster, sql, sown.segments) == set()
    assert (await restore(sown.ada, sown.idea)).status_code == 200
    assert len((await versions(sown.ada, sown.idea)).json()["items"]) == 1
    await sown.ada.delete(sown.idea)
    assert (await purge(parts, now + timedelta(days=30, hours=1))).ideas == 1

    assert await places(own_house, own_cluster, sql, sown.envelopes) == set()
    assert await trashed(sown.ada) == []
    assert (await restore(sown.ada, sown.idea)).status_code == 404


@pytest.mark.parametrize("way", ["expunge", "empty"])
async def test_deleting_for_good_leaves_nothing(
    own_house: House, own_cluster: Cluster, sql: asyncpg.Connection, way: str
) -> None:
    sown = await sow(own_house, sql)
    await sown.ada.delete(sown.idea)
    answer = await (expunge(sown.ada, sown.idea) if way == "expunge" else empty_trash(sown.ada))
    assert answer.status_code == 204

    assert await places(own_house, own_cluster, sql, [*sown.envelopes, *sown.segments]) == set()
