"""A full disk: reads work, writes are refused, and readiness fails."""

from pathlib import Path

import asyncpg
import pytest

from tests.application import House
from tests.postgres import Cluster

FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full, which fails as a full disk does")
async def test_the_service_is_not_ready_with_a_full_disk(
    fresh_house: House, fresh_sql: asyncpg.Connection, cluster: Cluster
) -> None:
    """The kernel refuses to extend the table: no space left on device."""
    file = Path(cluster.folder) / "data" / await fresh_sql.fetchval("SELECT pg_relation_filepath('write_probe')")
    file.unlink()
    file.symlink_to(FULL)

    ready = await fresh_house.client.get("/health/ready")

    assert ready.status_code == 503
    assert ready.json()["checks"] | {"database_writable": ""} == {
        "api": "ok", "database": "ok", "database_writable": "", "prepared_statements": "ok", "migrations": "ok",
        "root_key": "ok",
    }  # fmt: skip
    assert ready.json()["checks"]["database_writable"] == "failed"
    assert (await fresh_house.client.get("/health/ready")).status_code == 503, "what was found holds for a while"


async def test_readiness_checks_store_nothing(fresh_house: House, fresh_sql: asyncpg.Connection) -> None:
    assert (await fresh_house.client.get("/health/ready")).status_code == 200

    assert await fresh_sql.fetchval("SELECT pg_relation_size('write_probe')") == 8192
    assert await fresh_sql.fetchval("SELECT count(*) FROM write_probe") == 0
